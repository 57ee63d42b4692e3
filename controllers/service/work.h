// One plan of one service in the making: what is there, what may still be done, and the two things that can be done to
// tasks. Starts and stops keep the counts up to date, so that every later step sees what the earlier ones decided.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controllers/service/rollout.h"
#include "controllers/service/slots.h"

namespace muster::service {

struct Work {
  const State& state;
  const Service& service;
  Lens lens;
  Plan& plan;
  std::vector<SetView> sets;  // the PRIMARY first, then the older ones, newest first
  std::int32_t desired = 0;
  Bounds bounds;
  Counts counts;
  std::size_t actions_left = 0;
  std::vector<std::string> started, stopped;  // names of tasks
  bool deadlocked = false;                    // the rollout can neither start nor stop anything
  const TaskSet* failed = nullptr;            // the deployment that the service asks for, and that was given up

  SetView& primary() { return sets.front(); }
  std::int32_t room() const { return may_start(bounds, counts); }
  std::int32_t stoppable() const { return may_stop(bounds, counts); }
};

// Counts the tasks of all sets, and bounds them for so many wanted ones.
void take_stock(Work& work, std::int32_t desired);

// What distinguishes the tasks of a DAEMON: the instance.
struct Pin {
  std::string instance, uid;
};

// Makes the task of the attempt; answers whether there was still place for it in the plan.
bool start(Work& work, SetView& set, const Attempt& attempt, const Pin* pin = nullptr);
// Asks the task to stop. The reason decides about its slot (see scaling_reason).
bool stop(Work& work, SetView& set, TaskView& task, std::string_view reason);
// The same for a task that is lost: takes effect when its host returns. Changes no counts.
void stop_lost(Work& work, const TaskView& task);
// "Scaling activity initiated by (deployment ecs-svc/N)".
std::string scaling(const Work& work);
inline constexpr std::string_view draining = "Container instance is in DRAINING state";
inline constexpr std::string_view tainted = "Container instance has a taint that the task does not tolerate";
inline constexpr std::string_view asked_to_leave = "Task was asked to leave its container instance";
inline constexpr std::string_view excluded = "Container instance does not satisfy the placement constraints";
inline constexpr std::string_view replaced = "The task has been replaced by another task of its slot";
inline constexpr std::string_view not_needed = "The task that it was to replace is well again";

inline constexpr std::string_view other_image = "Task runs another image than its deployment, whose tag has moved";

// Of a task that is leaving().
std::string_view reason_to_leave(const Work& work, const TaskView& task);

// "(service web) has started 2 tasks: (task a) (task b)."
void note_progress(Work& work);

}  // namespace muster::service
