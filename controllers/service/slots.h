// The tasks of one TaskSet, seen as slots: a slot is a place in the set, and has one task after the other.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/state/state.h"
#include "api/types/cluster.h"
#include "api/types/service.h"
#include "controllers/base/health.h"
#include "controllers/base/plan.h"
#include "controllers/service/facts.h"

namespace muster::service {

// Instances that concern decisions about tasks on them: DRAINING, with a NoExecute taint, or without a connected agent.
// By name.
using NotableInstances = std::map<std::string, std::shared_ptr<const ContainerInstance>, std::less<>>;
bool is_notable(const ContainerInstance& instance);

struct TaskView {
  const Task* task = nullptr;  // lives as long as the plan is made
  std::int32_t slot = 0, attempt = 0;
  Phase phase = Phase::pending;
  bool healthy = false;
  bool unhealthy = false;  // its health check says so, after the grace period
  bool proving = false;    // runs after failures in a row, and not yet for long
  bool evicted = false;    // on an instance that sends tasks away, or asked to leave its host
  bool drifted = false;    // its image is not that of its deployment
  bool waiting = false;    // lost, but its replacement is not due yet
  std::int32_t next = -1;  // the next task of the slot, in no order
  // Is to run, as far as we know.
  bool wanted() const { return phase == Phase::pending || phase == Phase::running; }
  // To be replaced although it is well.
  bool leaving() const { return evicted || drifted; }
  bool good() const { return wanted() && !unhealthy && !leaving(); }
};

struct Slot {
  std::int32_t newest = -1;  // the task of the highest attempt; -1: there is none
  std::int32_t first = -1;   // of the chain
  std::int32_t wanted = 0;   // tasks that are wanted()
  std::int32_t waiting = 0;  // tasks that are waiting
  std::int32_t newest_attempt = -1;
};

// How to look at the tasks of one service now.
struct Lens {
  const Service& service;
  const NotableInstances& notable;
  Time now{};
};

struct SetView {
  std::shared_ptr<const TaskSet> set;
  HealthRule rule;
  std::vector<TaskView> tasks;
  std::vector<Slot> slots;  // by number
  std::int32_t running = 0, pending = 0, stopping = 0, lost = 0, healthy = 0;
  std::int32_t proving = 0;       // among the running
  std::int32_t failed_tasks = 0;  // in a row: of a DAEMON's instances, each is a slot of its own
  // Of no slot has any attempt stayed up, and one has failed more than once.
  bool broken = false;
  bool drifted = false;                // one of its tasks is
  std::vector<ContainerImage> images;  // what its tasks run, as far as it is established

  const TaskView* newest(std::size_t slot) const;
  // The newest wanted task of the slot, or null.
  TaskView* current(std::size_t slot);
  bool has_live_tasks() const { return running + pending + stopping > 0; }
};

// The uid of the instance that a task of a DAEMON is for; empty for other tasks.
std::string_view daemon_instance(const Task& task);

// Asks `plan` to look again when the passing of time alone changes the answer.
SetView view_of(const State& state, const Facts& facts, std::shared_ptr<const TaskSet> set, const Lens& lens,
                Plan& plan);

// Beginning of the stoppedReason of a task that was stopped because its slot is not wanted any more (ECS's wording).
inline constexpr std::string_view scaling_reason = "Scaling activity initiated by";
// The slot was given up: nothing replaces the task.
bool gave_up(const Task& task);

// The slot has a task, or had one that must be replaced.
bool is_occupied(const SetView& set, std::size_t slot);

// The next attempt of a slot that has no wanted task.
struct Attempt {
  std::int32_t slot = 0, attempt = 0, consecutive_failures = 0;
  Time not_before{};
};
// Nothing while the slot waits for what its newest task becomes.
std::optional<Attempt> next_attempt(const SetView& set, std::size_t slot, Time now);
// It ends by itself, or for its health checks: whether and when the slot is tried again shows when it has stopped.
bool decides_when_stopped(const TaskView& newest);
// The attempt after this task.
Attempt attempt_after(const TaskView& newest, std::size_t slot, Time now);

}  // namespace muster::service
