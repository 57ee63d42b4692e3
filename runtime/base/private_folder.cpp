#include "runtime/base/private_folder.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "api/base/text.h"
#include "runtime/base/file.h"

namespace muster {
namespace {

namespace fs = std::filesystem;

constexpr unsigned private_mode = 0700;
constexpr mode_t of_others = S_IWGRP | S_IWOTH;

Error refused(const std::string& path, std::string_view why) {
  return Error{Code::forbidden, str(path, ' ', why), {}};
}

Result<struct stat> look(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return refused(path, std::strerror(errno));
  if (!S_ISDIR(found.st_mode)) return refused(path, "is not a folder");
  if (found.st_uid != ::geteuid() && found.st_uid != 0) return refused(path, "belongs to another user");
  return found;
}

}  // namespace

Status make_private_folder(const std::string& path) {
  TRY_VOID(make_directories(path, private_mode));
  TRY(const struct stat own, look(path));
  if ((own.st_mode & of_others) != 0) return refused(path, "may be written by others");
  TRY(const struct stat parent, look(fs::path(path).parent_path().string()));
  const bool sticky = (parent.st_mode & S_ISVTX) != 0;  // there everybody can rename only his own
  if ((parent.st_mode & of_others) != 0 && !sticky) return refused(path, "is in a folder that others may write");
  if (own.st_uid != ::geteuid()) return {};
  if (::chmod(path.c_str(), private_mode) != 0) return refused(path, std::strerror(errno));
  return {};
}

bool is_in_memory(const std::string& path) {
  fs::path place(path);
  std::error_code ignored;
  while (place.has_relative_path() && !fs::exists(place, ignored)) place = place.parent_path();
  struct statfs found {};
  if (::statfs(place.c_str(), &found) != 0) return false;
  return found.f_type == TMPFS_MAGIC || found.f_type == RAMFS_MAGIC;
}

std::string default_run_folder() {
  std::string usual = "/run/muster";
  if (::geteuid() != 0) {
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe): read at the start only
    usual = runtime != nullptr && *runtime == '/' ? str(runtime, "/muster") : std::string();
  }
  if (!usual.empty() && is_in_memory(usual)) return usual;
  return str("/dev/shm/muster-", ::geteuid());
}

}  // namespace muster
