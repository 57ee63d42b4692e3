// The node-side decision: desired task + observed containers -> the next driver steps and what to report.
//
// Level-triggered like every controller: it acts on what is. Planning twice decides the same; a container is created
// only while it is absent and started only while it is created; after it has run, only by its restart policy.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controllers/task/desired.h"
#include "controllers/task/memory.h"
#include "controllers/task/observed.h"

namespace muster::task {

struct Step {
  StepKind kind = StepKind::pull;
  std::string container;  // the name in the definition
  Duration grace{};       // of a stop
  bool operator==(const Step&) const = default;
};

struct TaskPlan {
  // At most one a container, in an order that holds if they are done one after the other; they may also run at the same
  // time. None for a container with a step under way, except that a pull under way is simply no longer waited for.
  std::vector<Step> steps;
  TaskMemory memory;                   // memory.status is what to report
  std::optional<Duration> wake_after;  // plan again then, even if nothing happens
  bool gone = false;                   // the task was to be removed and nothing of it is left
};

inline constexpr Duration default_stop_timeout = std::chrono::seconds(30);

// `observed` holds what the engine has of this task, and entries of absent containers with a step under way.
TaskPlan plan(const DesiredTask& desired, const std::vector<ObservedContainer>& observed, const TaskMemory& memory,
              Time now);

}  // namespace muster::task
