// A Task that has been placed does not vanish before its containers have stopped: its finalizer holds it.
#pragma once

#include <string_view>

#include "api/state/state.h"
#include "api/types/task.h"
#include "controllers/base/plan.h"

namespace muster::garbage {

enum class DeletedBy { user, owner };
// The next step of deleting a task: ask it to stop, wait, take the finalizer away, or delete it. At most one action.
void delete_task(const State& state, const std::shared_ptr<const Task>& task, DeletedBy by, Plan& plan);

}  // namespace muster::garbage
