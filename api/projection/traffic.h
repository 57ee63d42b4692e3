// Whether a task takes traffic: what a ready pod, a slice of endpoints and the budget of an eviction have in common.
#pragma once

#include "api/types/cluster.h"
#include "api/types/task.h"

namespace muster::projection {

// RUNNING, not lost, neither asked to stop nor being deleted, and HEALTHY where the definition checks that. A null
// definition checks nothing.
bool is_ready(const Task& task, const TaskDefinitionSpec* definition);
// Its host is heard: not Suspect, Away, Lost or Returning.
bool is_reachable(const ContainerInstance& instance);

}  // namespace muster::projection
