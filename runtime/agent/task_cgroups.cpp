#include "runtime/agent/task_cgroups.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "api/base/text.h"
#include "runtime/base/file.h"
#include "runtime/base/log.h"
#include "runtime/drivers/cgroup/hierarchy.h"

namespace muster::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view folder = "muster";
constexpr std::string_view error_name = "ResourceInitializationError";
constexpr mode_t mode = 0755;
constexpr int deepest = 8;
constexpr std::size_t unit_bytes = 4096;
constexpr Duration first_delay = std::chrono::milliseconds(100);
constexpr Duration longest_delay = std::chrono::minutes(5);

bool is_uid(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Error failed(std::string_view what, const std::string& path) {
  const int reason = errno;
  return Error{reason == EACCES || reason == EPERM || reason == EROFS ? Code::forbidden : Code::internal,
               str("cannot ", what, ' ', path, ": ", std::strerror(reason)),
               {}};
}

// One write: the kernel takes each as a whole. Files of the kernel's are never made.
Status put(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return failed("write", path);
  const ssize_t written = ::write(file, text.data(), text.size());
  Status status = written == static_cast<ssize_t>(text.size()) ? Status() : Status(failed("write", path));
  ::close(file);
  return status;
}

Status make(const std::string& path) {
  if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return {};
  return failed("make", path);
}

// Control groups that containers left behind, the deepest first. Files in them are the kernel's and go with them.
bool remove_tree(const std::string& path, int depth) {
  if (depth > deepest) return false;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path, ignored)) {
    std::error_code unknown;
    if (!entry.is_symlink(unknown) && entry.is_directory(unknown)) remove_tree(entry.path(), depth + 1);
  }
  return ::rmdir(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR;
}

std::string below(const std::string& root, std::string_view controller, std::string_view name = {}) {
  return cgroup::folder_of(root, controller, name.empty() ? std::string(folder) : str(folder, '/', name));
}

}  // namespace

Status TaskCgroups::prepare(const std::string& driver, int version) {
  way_ = Way::none;
  if (driver == "systemd") {
    if (::access(host_.units.c_str(), W_OK) != 0) return failed("write to", host_.units);
    way_ = Way::systemd;
    return {};
  }
  if (driver != "cgroupfs" || version < 1 || version > 2) {
    return Error{Code::unsupported,
                 str("the container engine's control groups are of the driver \"", driver, "\", version ", version),
                 {}};
  }
  TRY_VOID(version == 1 ? prepare_v1() : prepare_v2());
  way_ = version == 1 ? Way::v1 : Way::v2;
  return {};
}

Status TaskCgroups::prepare_v1() const {
  for (const std::string_view controller : {"cpu", "memory"}) TRY_VOID(make(below(host_.root, controller)));
  // Refused where it is so already.
  static_cast<void>(put(below(host_.root, "memory", "memory.use_hierarchy"), "1"));
  return {};
}

Status TaskCgroups::prepare_v2() const {
  TRY_VOID(put(host_.root + "/cgroup.subtree_control", "+cpu +memory"));
  TRY_VOID(make(below(host_.root, {})));
  return put(below(host_.root, {}, "cgroup.subtree_control"), "+cpu +memory");
}

Result<std::string> TaskCgroups::provide(const std::string& task_uid, const task::TaskLimits& limits) const {
  if (!is_uid(task_uid)) return Error{Code::invalid, str(error_name, ": not the uid of a task: ", task_uid), {}};
  Status status;
  switch (way_) {
    case Way::none: return std::string();
    case Way::v1: status = provide_v1(task_uid, limits); break;
    case Way::v2: status = provide_v2(task_uid, limits); break;
    case Way::systemd: status = provide_unit(task_uid, limits); break;
  }
  if (!status.ok()) return Error(status.error()).under(str(error_name, ": the control group of the task"));
  return way_ == Way::systemd ? str(folder, '-', task_uid, ".slice") : str('/', folder, '/', task_uid);
}

Status TaskCgroups::provide_v1(const std::string& task_uid, const task::TaskLimits& limits) const {
  const std::string cpu = below(host_.root, "cpu", task_uid), memory = below(host_.root, "memory", task_uid);
  TRY_VOID(make(cpu));
  TRY_VOID(put(cpu + "/cpu.shares", std::to_string(limits.cpu_shares)));
  if (limits.cpu_units > 0) {
    TRY_VOID(put(cpu + "/cpu.cfs_period_us", std::to_string(task::quota_period_us)));
    TRY_VOID(put(cpu + "/cpu.cfs_quota_us", std::to_string(task::quota_us(limits.cpu_units))));
  }
  TRY_VOID(make(memory));
  if (limits.memory_bytes == 0) return {};
  return put(memory + "/memory.limit_in_bytes", std::to_string(limits.memory_bytes));
}

Status TaskCgroups::provide_v2(const std::string& task_uid, const task::TaskLimits& limits) const {
  const std::string path = below(host_.root, {}, task_uid);
  TRY_VOID(make(path));
  TRY_VOID(put(path + "/cgroup.subtree_control", "+cpu +memory"));
  TRY_VOID(put(path + "/cpu.weight", std::to_string(task::kernel_weight(limits.cpu_shares))));
  if (limits.cpu_units > 0) {
    TRY_VOID(put(path + "/cpu.max", str(task::quota_us(limits.cpu_units), ' ', task::quota_period_us)));
  }
  if (limits.memory_bytes == 0) return {};
  return put(path + "/memory.max", std::to_string(limits.memory_bytes));
}

Status TaskCgroups::provide_unit(const std::string& task_uid, const task::TaskLimits& limits) const {
  const std::string text = slice_unit(task_uid, limits);
  const auto present = read_file(unit_path(task_uid), unit_bytes);
  if (present.ok() && *present == text) return {};
  return write_file(unit_path(task_uid), text, 0644);
}

std::string TaskCgroups::unit_path(const std::string& task_uid) const {
  return str(host_.units, '/', folder, '-', task_uid, ".slice");
}

bool TaskCgroups::remove(const std::string& task_uid) const {
  if (!is_uid(task_uid)) return true;
  ::unlink(unit_path(task_uid).c_str());
  bool gone = remove_tree(below(host_.root, {}, task_uid), 0);
  // The engine has made it below further controllers.
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(host_.root, ignored)) {
    std::error_code unknown;
    if (entry.is_symlink(unknown) || !entry.is_directory(unknown)) continue;
    gone = remove_tree(str(entry.path().string(), '/', folder, '/', task_uid), 0) && gone;
  }
  return gone;
}

namespace {

void try_to_remove(Loop& loop, const TaskCgroups& groups, const std::string& task_uid, Duration delay) {
  if (groups.remove(task_uid)) return;
  if (delay > longest_delay) {
    return log::warning("the control group of a task is left behind", {{"taskUid", task_uid}});
  }
  loop.after(delay, [&loop, groups, task_uid, delay] { try_to_remove(loop, groups, task_uid, delay * 2); });
}

}  // namespace

void TaskCgroups::remove_until_gone(Loop& loop, const std::string& task_uid) const {
  try_to_remove(loop, *this, task_uid, first_delay);
}

std::string slice_unit(const std::string& task_uid, const task::TaskLimits& limits) {
  // A unit that systemd has not heard of is read from the disk without a reload; it goes with its last container.
  std::string out = str("[Unit]\nDescription=Muster task ", task_uid, "\nStopWhenUnneeded=yes\n\n[Slice]\n");
  out += str("CPUWeight=", task::kernel_weight(limits.cpu_shares), '\n');
  if (limits.cpu_units > 0) {
    const std::int64_t hundredths = task::quota_us(limits.cpu_units) * 10'000 / task::quota_period_us;
    const std::string part = std::to_string(hundredths % 100);
    out += str("CPUQuota=", hundredths / 100, '.', part.size() < 2 ? "0" : "", part,
               "%\nCPUQuotaPeriodSec=", task::quota_period_us / 1'000, "ms\n");
  }
  if (limits.memory_bytes > 0) out += str("MemoryMax=", limits.memory_bytes, '\n');
  return out;
}

}  // namespace muster::agent
