// What the agents say that their hosts and tasks use: the newest of each, in memory, for as long as the agent is
// connected. On the server's loop only.
#pragma once

#include <string>
#include <unordered_map>

#include "api/state/state.h"
#include "api/types/usage.h"

namespace muster::server {

class Usages {
 public:
  // Replaces what was known of the instance.
  void take(const std::string& instance, Time at, InstanceUsage usage);
  void drop(const std::string& instance) { instances_.erase(instance); }

  static bool is_metrics(const Kind& kind);
  // The view of PodMetrics or NodeMetrics with what is known in this state; null when nothing is. A task's usage is
  // taken from the agent of its own instance alone.
  ObjectPtr filled(const State& state, const ObjectPtr& view) const;

 private:
  struct Known {
    Time at{};
    InstanceUsage usage;  // its tasks in the order of their uids
  };
  std::unordered_map<std::string, Known> instances_;
};

}  // namespace muster::server
