// Files from Secrets and ConfigMaps on the host, for containers to mount: below one folder that only this user can
// enter, FOLDER/<owner>/<task uid>/<container>/<number of the mount>. They are there from just before a
// container is made until its task has stopped, and outlive the agent.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "api/base/error.h"
#include "controllers/task/configure.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

class ConfigFolder {
 public:
  // Empty: no files are made, and nothing is mounted.
  explicit ConfigFolder(std::string folder) : folder_(std::move(folder)) {}
  // Whose files they are; before anything is written.
  void set_owner(const std::string& owner) { owner_ = owner; }

  // Writes all of it anew. Values from Secrets only in memory. Error texts begin with an ECS error name.
  Result<std::vector<drivers::FileMount>> write(const std::string& task_uid, const std::string& container,
                                                const std::vector<task::ConfigMountContents>& mounts) const;
  // Whether the container's files are there, or it has none. False after the host has been started anew.
  bool present(const std::string& task_uid, const std::string& container) const;
  void remove(const std::string& task_uid) const;
  // Those of all other tasks of the owner go.
  void remove_others(const std::set<std::string>& task_uids) const;
  // All of another owner.
  void remove_owner(const std::string& owner) const;

 private:
  std::string path(const std::string& task_uid, const std::string& container = {}) const;

  const std::string folder_;
  std::string owner_;
};

}  // namespace muster::agent
