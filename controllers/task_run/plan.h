// The decision for one run.
#pragma once

#include "api/types/task_run.h"
#include "controllers/base/plan.h"

namespace muster::task_run {

Plan plan(const State& state, const TaskRun& run, const Context& context);

}  // namespace muster::task_run
