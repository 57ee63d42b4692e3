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

Time progress_deadline(const Service& service, const SetView& deployment) {
  const Duration allowed = service.spec.deployment_configuration.progress_deadline;
  const TaskSetStatus& status = deployment.set->status;
  if (allowed <= Duration::zero() || service.spec.paused || status.rollout_state != RolloutState::in_progress ||
      !is_set(status.progressed_at) || is_set(status.step_healthy_at) || deployment.healthy > status.progress) {
    return {};
  }
  return status.progressed_at + allowed;
}

DeploymentFailure giving_up(const Service& service, const SetView& deployment, std::int32_t desired, Time now) {
  if (deployment.set->status.rollout_state != RolloutState::in_progress) return DeploymentFailure::none;
  const auto aborted = service.metadata.annotations.find(labels::abort);
  if (aborted != service.metadata.annotations.end() && aborted->second == deployment.set->spec.deployment_id &&
      !was_rolled_back_to(*deployment.set)) {
    return DeploymentFailure::aborted;
  }
  const DeploymentCircuitBreaker& breaker = service.spec.deployment_configuration.deployment_circuit_breaker;
  const CircuitBreakerThreshold threshold = breaker.threshold_configuration.value_or(CircuitBreakerThreshold{});
  if (breaker.enable && deployment.failed_tasks >= failure_threshold(threshold, desired)) {
    return DeploymentFailure::circuit_breaker;
  }
  const Time deadline = progress_deadline(service, deployment);
  return is_set(deadline) && deadline <= now ? DeploymentFailure::progress_deadline : DeploymentFailure::none;
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
  if (primary == nullptr || !has_failed(*primary) || was_rolled_back_to(*primary)) return nullptr;
  const bool wanted = primary->status.failure == DeploymentFailure::aborted ||
                      service.spec.deployment_configuration.deployment_circuit_breaker.rollback;
  if (!wanted) return nullptr;
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
