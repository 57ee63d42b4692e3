// What agents measure, as metrics.k8s.io shows it.
#pragma once

#include "api/types/usage.h"

namespace muster::projection {

// The view of the task with what was measured at that time, over that window.
void fill(view::PodMetrics& metrics, const TaskUsage& usage, Time at, Duration window);
void fill(view::NodeMetrics& metrics, const InstanceUsage& usage, Time at);

}  // namespace muster::projection
