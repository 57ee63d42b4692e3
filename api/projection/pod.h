// Task -> v1 Pod.
#pragma once

#include "api/types/cluster.h"
#include "api/types/pod.h"
#include "api/types/task.h"

namespace muster::projection {

// The definition is that of the task's revision, the instance the one it is bound to; both may be null: then what they
// say is missing in the pod.
view::Pod pod_of(const Task& task, const TaskDefinitionSpec* definition, const ContainerInstance* instance);

}  // namespace muster::projection
