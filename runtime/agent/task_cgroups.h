// A control group for each task that has limits of its own, in which the container engine makes those of its
// containers. Its place follows from the task's uid: after a restart of the agent it is found where it was.
#pragma once

#include <string>
#include <vector>

#include "api/base/error.h"
#include "controllers/task/limits.h"
#include "runtime/base/loop.h"
#include "runtime/drivers/cgroup/hierarchy.h"

namespace muster::agent {

// Where the host has them; other places are for tests.
struct CgroupHost {
  std::string root = std::string(cgroup::standard_root);
  std::string units = "/run/systemd/system";
};

class TaskCgroups {
 public:
  explicit TaskCgroups(CgroupHost host = {}) : host_(std::move(host)) {}

  // What the engine makes control groups with ("cgroupfs" or "systemd"; version 1 or 2) and what of it this process may
  // do. When it fails there are none, and the error says why.
  Status prepare(const std::string& driver, int version);
  bool ready() const { return way_ != Way::none; }

  // Makes the task's, or takes it over, with these limits. The name by which the engine puts containers into it.
  // "ResourceInitializationError: ..." when the kernel refuses.
  Result<std::string> provide(const std::string& task_uid, const task::TaskLimits& limits) const;
  // After its last container; whatever way it was made in, and also when there is none. False when something is left
  // because a process in it has not ended yet.
  bool remove(const std::string& task_uid) const;
  // Again and again for ten minutes: Podman keeps what watched an exec for five, inside the group. Outlives this
  // object.
  void remove_until_gone(Loop& loop, const std::string& task_uid) const;

 private:
  enum class Way {
    none,
    v1,       // folders below each controller
    v2,       // one folder
    systemd,  // a slice unit, which systemd reads when the engine asks for a container in it
  };
  Status prepare_v1() const;
  Status prepare_v2() const;
  Status provide_v1(const std::string& task_uid, const task::TaskLimits& limits) const;
  Status provide_v2(const std::string& task_uid, const task::TaskLimits& limits) const;
  Status provide_unit(const std::string& task_uid, const task::TaskLimits& limits) const;
  std::string unit_path(const std::string& task_uid) const;

  const CgroupHost host_;
  Way way_ = Way::none;
};

// The text of the slice's unit file.
std::string slice_unit(const std::string& task_uid, const task::TaskLimits& limits);

}  // namespace muster::agent
