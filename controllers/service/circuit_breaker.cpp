#include "controllers/service/circuit_breaker.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "controllers/base/health.h"
#include "controllers/base/naming.h"

namespace muster::service {
namespace {

constexpr std::int64_t least = 3, most = 200;  // of a bounded percentage

bool was_rolled_back_to(const TaskSet& set) {
  return set.metadata.annotations.contains(labels::rolled_back_from);
}

}  // namespace

std::int32_t failure_threshold(const CircuitBreakerThreshold& rule, std::int32_t desired) {
  const std::int64_t share = (std::int64_t{rule.value} * desired + 99) / 100;
  switch (rule.type) {
    case ThresholdType::count: return rule.value;
    case ThresholdType::bounded_percent: return static_cast<std::int32_t>(std::clamp(share, least, most));
    case ThresholdType::unbounded_percent: return static_cast<std::int32_t>(std::max<std::int64_t>(share, 1));
  }
  return rule.value;
}

bool trips(const Service& service, const SetView& deployment, std::int32_t desired) {
  const DeploymentCircuitBreaker& breaker = service.spec.deployment_configuration.deployment_circuit_breaker;
  return breaker.enable && deployment.set->status.rollout_state == RolloutState::in_progress &&
         deployment.failed_tasks >=
             failure_threshold(breaker.threshold_configuration.value_or(CircuitBreakerThreshold{}), desired);
}

bool has_failed(const TaskSet& set) {
  return set.status.rollout_state == RolloutState::failed;
}

TaskSetPtr asked_for(const std::vector<TaskSetPtr>& sets) {
  const auto found = std::ranges::find_if(
      sets, [](const TaskSetPtr& each) { return !each->metadata.deleting() && !was_rolled_back_to(*each); });
  return found == sets.end() ? nullptr : *found;
}

TaskSetPtr rollback_target(const State& state, const Service& service, const std::vector<TaskSetPtr>& sets) {
  const TaskSetPtr primary = primary_of(sets);
  if (primary == nullptr || !has_failed(*primary) || was_rolled_back_to(*primary) ||
      !service.spec.deployment_configuration.deployment_circuit_breaker.rollback) {
    return nullptr;
  }
  const auto found = std::ranges::find_if(sets, [&](const TaskSetPtr& each) {
    return !each->metadata.deleting() && each->status.rollout_state == RolloutState::completed &&
           revision_of(state, service.metadata.ns, each->spec.task_definition) != nullptr;
  });
  return found == sets.end() ? nullptr : *found;
}

TaskSetPtr rolled_back_to(const TaskSet& target, const std::vector<TaskSetPtr>& sets) {
  auto next = std::make_shared<TaskSet>(target);
  const TaskSet& failed = *sets.front();
  next->metadata.annotations.insert_or_assign(std::string(labels::rollout), std::to_string(rollout_number(failed) + 1));
  next->metadata.annotations.insert_or_assign(std::string(labels::rolled_back_from), failed.metadata.name);
  return next;
}

}  // namespace muster::service
