#include "runtime/agent/config_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "api/base/text.h"
#include "api/types/names.h"
#include "runtime/base/file.h"
#include "runtime/base/log.h"
#include "runtime/base/private_folder.h"

namespace muster::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view error_name = "ResourceInitializationError";
constexpr unsigned private_mode = 0700;
constexpr mode_t folder_mode =
    0555;  // who may enter the mount's folder in the container; on the host its parents close it
constexpr const char* single_file = "/value";

Error failure(std::string_view what, const std::string& path) {
  return Error{Code::internal, str(error_name, ": cannot ", what, ' ', path, ": ", std::strerror(errno)), {}};
}

class File {
 public:
  explicit File(const std::string& path)
      : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

Status write_value(const std::string& path, const task::ConfigFileContents& value, const FileOwner& owner) {
  const File file(path);
  if (file.get() < 0) return failure("make", path);
  std::size_t written = 0;
  while (written < value.contents.size()) {
    const ssize_t count = ::write(file.get(), value.contents.data() + written, value.contents.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return failure("write", path);
    written += static_cast<std::size_t>(count);
  }
  if ((owner.user != ::geteuid() || owner.group != ::getegid()) && ::fchown(file.get(), owner.user, owner.group) != 0) {
    return failure(str("give to user ", owner.user, " the file"), path);
  }
  if (::fchmod(file.get(), value.mode) != 0) return failure("set the permissions of", path);
  return {};
}

Status make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), private_mode) != 0 && errno != EEXIST) return failure("make", path);
  return {};
}

// The folders between, and afterwards their permissions: they must be written before they are closed.
Status write_tree(const std::string& root, const task::ConfigMountContents& mount) {
  TRY_VOID(make_folder(root));
  std::vector<std::string> folders{root};
  for (const task::ConfigFileContents& file : mount.files) {
    for (std::size_t slash = file.path.find('/'); slash != std::string::npos; slash = file.path.find('/', slash + 1)) {
      folders.push_back(str(root, '/', file.path.substr(0, slash)));
      TRY_VOID(make_folder(folders.back()));
    }
    TRY_VOID(write_value(file.path.empty() ? root + single_file : str(root, '/', file.path), file, mount.owner));
  }
  for (const std::string& folder : folders) {
    if (::chmod(folder.c_str(), folder_mode) != 0) return failure("set the permissions of", folder);
  }
  return {};
}

void remove_tree(const std::string& path) {
  std::error_code error;
  // Folders that cannot be written cannot be emptied by their owner, other than root.
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path, error)) {
    if (entry.is_directory(error) && !entry.is_symlink(error)) ::chmod(entry.path().c_str(), private_mode);
  }
  fs::remove_all(path, error);
  if (error) log::error("cannot remove files of a task", {{"folder", path}, {"error", error.message()}});
}

}  // namespace

std::string ConfigFolder::path(const std::string& task_uid, const std::string& container) const {
  std::string out = str(folder_, "/", owner_);
  if (!task_uid.empty()) out += str('/', task_uid);
  if (!container.empty()) out += str('/', container);
  return out;
}

Result<std::vector<drivers::FileMount>> ConfigFolder::write(
    const std::string& task_uid, const std::string& container,
    const std::vector<task::ConfigMountContents>& mounts) const {
  std::vector<drivers::FileMount> out;
  if (folder_.empty() || mounts.empty()) return out;
  if (!is_ecs_name(owner_) || !is_ecs_name(task_uid) || !is_ecs_name(container)) {
    return Error{Code::invalid, str(error_name, ": not the name of a folder: ", task_uid, '/', container), {}};
  }
  const std::string place = path(task_uid, container);
  for (const std::string& folder : {folder_, path({})}) {
    if (Status made = make_private_folder(folder); !made.ok()) return std::move(made).error().under(error_name);
  }
  if (Status made = make_directories(place, private_mode); !made.ok()) return std::move(made).error().under(error_name);
  const bool in_memory = is_in_memory(place);
  remove_tree(place);
  TRY_VOID(make_folder(place));
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    const task::ConfigMountContents& mount = mounts[i];
    if (mount.secret && !in_memory) {
      return Error{Code::invalid,
                   str(error_name, ": files from a Secret must stay in memory, and ", folder_,
                       " is not on a tmpfs: give the agent another --run-dir"),
                   {}};
    }
    const std::string root = str(place, '/', i);
    TRY_VOID(write_tree(root, mount));
    const bool single = mount.files.size() == 1 && mount.files.front().path.empty();
    out.push_back({single ? root + single_file : root, mount.container_path});
  }
  return out;
}

bool ConfigFolder::present(const std::string& task_uid, const std::string& container) const {
  std::error_code ignored;
  return folder_.empty() || fs::exists(path(task_uid, container), ignored);
}

void ConfigFolder::remove(const std::string& task_uid) const {
  if (folder_.empty() || !is_ecs_name(owner_) || !is_ecs_name(task_uid)) return;
  std::error_code ignored;
  const std::string place = path(task_uid);
  if (fs::exists(place, ignored)) remove_tree(place);
}

void ConfigFolder::remove_others(const std::set<std::string>& task_uids) const {
  if (folder_.empty() || !is_ecs_name(owner_)) return;
  std::error_code ignored;
  std::vector<std::string> others;
  for (const fs::directory_entry& entry : fs::directory_iterator(path({}), ignored)) {
    if (!task_uids.contains(entry.path().filename().string())) others.push_back(entry.path().string());
  }
  for (const std::string& each : others) remove_tree(each);
}

void ConfigFolder::remove_owner(const std::string& owner) const {
  std::error_code ignored;
  const std::string place = str(folder_, '/', owner);
  if (!folder_.empty() && is_ecs_name(owner) && fs::exists(place, ignored)) remove_tree(place);
}

}  // namespace muster::agent
