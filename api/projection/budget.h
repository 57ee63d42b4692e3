// Whether a task may be evicted: its service's minimumHealthyPercent, as a disruption budget of Kubernetes.
#pragma once

#include "api/state/state.h"
#include "api/types/task.h"

namespace muster::projection {

struct Budget {
  bool limited = false;  // false: nobody counts on the task, it may go
  std::string service;
  std::int32_t needed = 0;   // tasks that must stay healthy
  std::int32_t healthy = 0;  // tasks that are, this one included
  // When `leaving` more of the healthy ones are about to go.
  bool allows(std::int32_t leaving) const { return !limited || healthy - leaving > needed; }
};
// Looks at all tasks of the service.
Budget budget_of(const State& state, const Task& task, Time now);

}  // namespace muster::projection
