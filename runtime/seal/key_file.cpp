#include "runtime/seal/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "api/base/text.h"
#include "runtime/base/file.h"

namespace muster::seal {
namespace {

constexpr std::size_t most_bytes = 64U << 10U;
constexpr std::size_t id_digits = 16;

bool hex_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<Key> read_key(const std::string& path, std::size_t number, std::string_view line) {
  Key key;
  if (line.size() != id_digits + 1 + 2 * key.bytes.size() || line[id_digits] != ' ' ||
      !hex_digits(line.substr(0, id_digits)) || !hex_digits(line.substr(id_digits + 1))) {
    return Error{Code::malformed, str(path, ": line ", number, " is no key"), {}};
  }
  key.id = line.substr(0, id_digits);
  const char* digits = line.data() + id_digits + 1;
  for (std::size_t i = 0; i < key.bytes.size(); ++i) {
    std::from_chars(digits + 2 * i, digits + 2 * i + 2, key.bytes[i], 16);
  }
  return key;
}

// A folder that has just been made must be on the disk before anything depends on what is in it.
Status sync_folder(const std::string& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && ::fsync(folder) == 0;
  if (folder >= 0) ::close(folder);
  if (!synced) return Error{Code::internal, str("cannot sync the folder ", path), {}};
  return {};
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
}

}  // namespace

const std::string_view secrets_heading =
    "# The keys of the Secrets in the database, newest last. Without this file they cannot be read. Keep a copy apart\n"
    "# from backups of the database: who has both has the Secrets.\n";

const Key* find_key(const Keys& keys, std::string_view id) {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.id == id; });
  return found == keys.end() ? nullptr : &*found;
}

Result<Keys> read_keys(const std::string& path) {
  TRY(const std::string text, read_file(path, most_bytes));
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return Error{Code::internal, str("cannot examine ", path), {}};
  if ((info.st_mode & 0077U) != 0) {
    return Error{Code::forbidden,
                 str("others than its owner may use the key file ", path,
                     ": its keys may be known already. Run `chmod 600 ", path, "`, and rotate them"),
                 {}};
  }
  Keys keys;
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    TRY(Key key, read_key(path, number, line));
    if (find_key(keys, key.id) != nullptr)
      return Error{Code::malformed, str(path, ": line ", number, ": the same key again"), {}};
    keys.push_back(std::move(key));
  }
  if (keys.empty()) return Error{Code::malformed, str(path, " holds no key"), {}};
  return keys;
}

Status write_keys(const std::string& path, const Keys& keys, std::string_view heading) {
  const std::string folder = parent_of(path);
  TRY_VOID(make_directories(folder, 0700));
  TRY_VOID(sync_folder(parent_of(folder)));
  std::string text(heading);
  for (const Key& key : keys) {
    text += key.id;
    text += ' ';
    for (const unsigned char byte : key.bytes) text += hex(byte, 2);
    text += '\n';
  }
  return write_file(path, text, 0600);
}

}  // namespace muster::seal
