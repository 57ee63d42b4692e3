#include "runtime/base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "api/base/text.h"

namespace muster {

namespace {

// Of the system call that has just failed.
Error failed(std::string_view verb, std::string_view path) {
  const int number = errno;
  Code code = Code::internal;
  if (number == ENOENT || number == ENOTDIR) code = Code::not_found;
  if (number == EACCES || number == EPERM || number == EROFS) code = Code::forbidden;
  if (number == EEXIST) code = Code::already_exists;
  return Error{code, str(verb, ' ', path, ": ", std::generic_category().message(number)), {}};
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }
  bool ok() const { return number_ >= 0; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status sync_directory(const std::string& path) {
  const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.ok() || ::fsync(folder.get()) != 0) return failed("sync", path);
  return {};
}

// Fills the temporary file; it is the caller's to rename or to remove.
Status fill(const Descriptor& file, std::string_view contents, unsigned mode, const std::string& path) {
  if (::fchmod(file.get(), mode) != 0) return failed("set the mode of", path);
  if (!write_all(file.get(), contents)) return failed("write", path);
  if (::fsync(file.get()) != 0) return failed("sync", path);
  return {};
}

}  // namespace

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) return failed("open", path);
  constexpr std::size_t step = 64U << 10U;
  std::string out;
  while (true) {
    const std::size_t old_size = out.size();
    out.resize(old_size + step);
    ssize_t got = 0;
    do {
      got = ::read(file.get(), out.data() + old_size, step);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return failed("read", path);
    out.resize(old_size + static_cast<std::size_t>(got));
    if (out.size() > max_bytes) {
      return Error{Code::too_large, str(path, " is larger than ", max_bytes, " bytes"), {}};
    }
    if (got == 0) return out;
  }
}

Status write_file(const std::string& path, std::string_view contents, unsigned mode) {
  std::string temporary = path + ".XXXXXX";
  Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.ok()) return failed("write", path);
  Status status = fill(file, contents, mode, path);
  if (status.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) status = failed("write", path);
  if (!status.ok()) {
    ::unlink(temporary.c_str());
    return status;
  }
  return sync_directory(parent_of(path));
}

Status make_directories(const std::string& path, unsigned mode) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), mode) != 0) {
      const int number = errno;
      struct stat info {};
      const bool there = ::stat(part.c_str(), &info) == 0;
      if (there && !S_ISDIR(info.st_mode)) {
        return Error{Code::already_exists, str("make folder ", part, ": a file stands there"), {}};
      }
      errno = number;
      if (!there) return failed("make folder", part);
    }
    if (end == std::string::npos) return {};
  }
}

Result<LockFile> LockFile::acquire(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.ok()) return failed("open lock", path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed("lock", path);
    const Result<std::string> holder = read_file(path, 64);
    const std::optional<std::int64_t> pid = holder.ok() ? parse_int(trim(*holder)) : std::nullopt;
    return Error{Code::already_exists,
                 str(path, " is locked by ", pid ? str("process ", *pid) : std::string("another process"),
                     "; only one may use this folder at a time"),
                 {}};
  }
  if (::ftruncate(file.get(), 0) != 0 || !write_all(file.get(), str(::getpid(), '\n')))
    return failed("write lock", path);
  return LockFile(file.release());
}

LockFile::~LockFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

LockFile::LockFile(LockFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

LockFile& LockFile::operator=(LockFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

}  // namespace muster
