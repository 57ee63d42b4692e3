// Which agents may know which Secrets and ConfigMaps: those that tasks of theirs refer to. Bookkeeping only; the cost
// of a change follows the agents that use the object.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "api/state/state.h"

namespace muster::server {

class ConfigUsers {
 public:
  // A task of the instance needs these. Answers those that no other task of the instance needed before.
  std::vector<Key> add(const std::string& instance, const std::string& task_uid, std::vector<Key> needed);
  // The task needs nothing any more. Answers what no other task of the instance needs.
  std::vector<Key> remove(const std::string& instance, const std::string& task_uid);
  // The instance's agent is gone, or begins anew.
  void forget(const std::string& instance);
  // The instances with a task that needs the object.
  const std::set<std::string>& of(const Key& object) const;

 private:
  struct Instance {
    std::map<std::string, std::vector<Key>> tasks;  // by uid; those that need something
    std::map<Key, std::size_t> needed;              // by how many tasks
  };
  std::map<std::string, Instance> instances_;
  std::map<Key, std::set<std::string>> users_;
};

}  // namespace muster::server
