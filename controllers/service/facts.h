// What plans read of tasks, kept small and side by side: a plan of a service with many tasks must not touch each of
// them. A fold of the commits; a rebuilt one is equal.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/state/state.h"
#include "api/types/task.h"

namespace muster::service {

enum class Phase : std::uint8_t { pending, running, stopping, lost, stopped };

struct TaskFacts {
  std::shared_ptr<const Task> task;  // null: it is gone, and its place will be reused
  std::uint64_t id = 0;              // a hash of its uid
  std::int32_t slot = 0, attempt = 0;
  std::int32_t failures = 0;     // in a row, of the slot, before this task
  Phase phase = Phase::pending;  // by the task alone
  HealthStatus health = HealthStatus::unknown;
  ReadinessStatus readiness = ReadinessStatus::unknown;
  bool evicted = false;  // asked to leave its host
  Time started_at{};
  std::uint64_t images = 0;  // see images_hash()
};

// Of all TaskSets.
class Facts {
 public:
  void start(const State& state);
  void observe(const Change& change);
  // The tasks of the set in order of slot and attempt. Entries without a task are to be skipped.
  const std::vector<TaskFacts>& of(std::string_view set_uid) const;

 private:
  struct Set {
    std::vector<TaskFacts> tasks;
    std::size_t gone = 0;
  };
  static void put(Set& set, TaskFacts facts);
  void erase(std::string_view set_uid, const Task& task);

  std::map<std::string, Set, std::less<>> sets_;
};

}  // namespace muster::service
