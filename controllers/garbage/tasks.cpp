#include "controllers/garbage/tasks.h"

#include <algorithm>

#include "api/types/cluster.h"
#include "api/types/task.h"
#include "controllers/base/naming.h"

namespace muster::garbage {

namespace {

bool is_held(const Task& task) {
  const auto& list = task.metadata.finalizers;
  return std::find(list.begin(), list.end(), finalizers::containers) != list.end();
}

// Nothing of it can be running: it has stopped, or its host is no part of the cluster any more.
bool is_over(const State& state, const Task& task) {
  return is_stopped(task) || state.get<ContainerInstance>({}, task.spec.container_instance) == nullptr;
}

}  // namespace

void delete_task(const State& state, const std::shared_ptr<const Task>& task, DeletedBy by, Plan& plan) {
  if (is_held(*task) && !is_over(state, *task)) {
    if (wants_stop(*task)) return;
    auto next = std::make_shared<Task>(*task);
    next->spec.desired_status = DesiredStatus::stopped;
    next->spec.stop_code = by == DeletedBy::user ? StopCode::user_initiated : StopCode::service_scheduler_initiated;
    next->spec.stopped_reason = by == DeletedBy::user ? "Task deleted" : "The owner of the task has been deleted";
    plan.actions.emplace_back(Update{std::move(next)});
    return;
  }
  if (!task->metadata.deleting()) {
    plan.actions.emplace_back(Delete{task});
    return;
  }
  if (!is_held(*task)) return;
  auto next = std::make_shared<Task>(*task);
  auto& list = next->metadata.finalizers;
  list.erase(std::remove(list.begin(), list.end(), finalizers::containers), list.end());
  plan.actions.emplace_back(Update{std::move(next)});
}

}  // namespace muster::garbage
