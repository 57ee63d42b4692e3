// The numbers in the status of instances and clusters, and when they are due to be written again.
#pragma once

#include <map>
#include <set>
#include <string>

#include "api/state/state.h"
#include "api/types/cluster.h"
#include "api/types/service.h"
#include "api/types/task.h"

namespace muster::instance {

enum class TaskPhase { none, pending, running };
// How the task counts: PROVISIONING, PENDING and ACTIVATING are pending; lost and stopping ones count as nothing.
TaskPhase phase_of(const Task& task);

// Resources and counts of one instance, from its tasks.
void fill_numbers(const State& state, ContainerInstance& instance);

// A fold of changes.
struct ClusterTally {
  std::int32_t instances = 0, running = 0, pending = 0, services = 0;
  std::int32_t vanished = 0;  // instances whose verdict is Suspect or Lost
};

class Tallies {
 public:
  // Answers the clusters whose numbers changed.
  std::set<std::string> observe(const Change& change);
  const ClusterTally& of(const std::string& cluster) { return tallies_[cluster]; }

 private:
  void add(const Object* object, std::int32_t sign, std::set<std::string>& touched);
  std::map<std::string, ClusterTally> tallies_;
};

// When the numbers of one object may be written: a moment after the first change, so that a burst is one write, and not
// more often than every `interval`.
class Refresh {
 public:
  enum class State { clean, dirty };
  State state() const { return state_; }
  // True when it was clean: the object's key is to be looked at.
  bool soil();
  void clean() { state_ = State::clean; }
  // Zero: write now.
  Duration wait(Time now, Duration interval);
  void written(Time now);

 private:
  State state_ = State::clean;
  Time noticed_{}, written_{};
};

// At most every two seconds, and in a large cluster less often: the sum over all instances stays bounded.
Duration refresh_interval(std::int32_t instances);

}  // namespace muster::instance
