#include "api/projection/budget.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/projection/endpoint_slice.h"
#include "api/projection/traffic.h"
#include "api/types/service.h"

namespace muster::projection {
namespace {

bool is_healthy(const State& state, const Task& task, const Service& service, Time now) {
  const auto revision = state.get<TaskDefinitionRevision>(task.metadata.ns, task.spec.task_definition);
  const auto instance = state.get<ContainerInstance>({}, task.spec.container_instance);
  if (instance == nullptr || !is_reachable(*instance)) return false;
  if (!is_ready(task, revision == nullptr ? nullptr : &revision->spec)) return false;
  if (revision != nullptr && has_health_check(revision->spec)) return true;
  return task.status.started_at + service.spec.deployment_configuration.minimum_healthy_time <= now;
}

}  // namespace

Budget budget_of(const State& state, const Task& task, Time now) {
  Budget out;
  out.service = service_of(task);
  const auto service = out.service.empty() ? nullptr : state.get<Service>(task.metadata.ns, out.service);
  // A task that does not count as healthy can go without anybody missing it.
  if (service == nullptr || service->metadata.deleting() || !is_healthy(state, task, *service, now)) return out;
  out.limited = true;
  const bool daemon = service->spec.scheduling_strategy == SchedulingStrategy::daemon;
  const std::int64_t desired = daemon ? service->status.desired_count : service->spec.desired_count;
  const std::int64_t percent = service->spec.deployment_configuration.minimum_healthy_percent;
  out.needed = static_cast<std::int32_t>(std::min(desired, (desired * percent + 99) / 100));
  for (const auto& each : state.list<Task>(Index::group, str(task.metadata.ns, "/", task.spec.group))) {
    if (is_healthy(state, *each, *service, now)) ++out.healthy;
  }
  return out;
}

}  // namespace muster::projection
