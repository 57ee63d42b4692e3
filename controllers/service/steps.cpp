#include "controllers/service/steps.h"

#include <algorithm>

#include "api/base/text.h"
#include "controllers/base/naming.h"

namespace muster::service {
namespace {

std::int32_t share(std::int32_t desired, std::int64_t percent) {
  const std::int64_t tasks = (std::int64_t{desired} * percent + 99) / 100;
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(tasks, 0, desired));
}

DeploymentStrategy strategy_of(const DeploymentConfiguration& configuration) {
  return configuration.strategy.value_or(DeploymentStrategy::rolling);
}
CanaryConfiguration canary_of(const DeploymentConfiguration& configuration) {
  return configuration.canary_configuration.value_or(CanaryConfiguration{});
}
LinearConfiguration linear_of(const DeploymentConfiguration& configuration) {
  return configuration.linear_configuration.value_or(LinearConfiguration{});
}

std::string token_of(const TaskSet& primary, const Step& step) {
  return str(primary.spec.deployment_id, '/', step.number);
}

}  // namespace

Step step_of(const DeploymentConfiguration& configuration, std::int32_t steps_done, std::int32_t desired) {
  Step step{steps_done + 1, 0, desired};
  switch (strategy_of(configuration)) {
    case DeploymentStrategy::rolling: return {0, 0, desired};
    case DeploymentStrategy::canary:
      step.last = 2;
      if (steps_done == 0) step.tasks = share(desired, canary_of(configuration).canary_percent);
      break;
    case DeploymentStrategy::linear: {
      const std::int64_t percent = std::max(1, linear_of(configuration).step_percent);
      step.last = static_cast<std::int32_t>((100 + percent - 1) / percent);
      step.tasks = share(desired, percent * step.number);
      break;
    }
  }
  // Few tasks: a step may be all of them, and so the last.
  return step.number >= step.last || step.tasks >= desired ? Step{0, 0, desired} : step;
}

Step step_of(const Service& service, const TaskSet& primary, std::int32_t desired) {
  const bool back = primary.metadata.annotations.contains(labels::rolled_back_from);
  if (back || primary.status.rollout_state != RolloutState::in_progress) return {0, 0, desired};
  return step_of(service.spec.deployment_configuration, primary.status.step, desired);
}

Time baked_at(const DeploymentConfiguration& configuration, Time healthy_since) {
  const bool canary = strategy_of(configuration) == DeploymentStrategy::canary;
  return healthy_since + std::chrono::minutes(canary ? canary_of(configuration).canary_bake_time_in_minutes
                                                     : linear_of(configuration).step_bake_time_in_minutes);
}

bool is_promoted(const Service& service, const TaskSet& primary, const Step& step) {
  const auto found = service.metadata.annotations.find(labels::promote);
  return found != service.metadata.annotations.end() && found->second == token_of(primary, step);
}

void note_step(const Service& service, const SetView& primary, std::int32_t desired, Time now, TaskSetStatus& status) {
  const Step step = step_of(service, *primary.set, desired);
  if (step.number == 0) {
    status.step_healthy_at = Time{};
    return;
  }
  if (primary.healthy < step.tasks) {
    status.step_healthy_at = Time{};
    return;
  }
  if (!is_set(status.step_healthy_at)) status.step_healthy_at = now;
  const DeploymentConfiguration& configuration = service.spec.deployment_configuration;
  const bool promoted = is_promoted(service, *primary.set, step);
  const bool due = !configuration.pause_after_step && baked_at(configuration, status.step_healthy_at) <= now;
  if (service.spec.paused || (!promoted && !due)) return;
  status.step = step.number;
  status.step_healthy_at = Time{};
}

std::string step_text(const Service& service, const SetView& primary, std::int32_t desired) {
  const Step step = step_of(service, *primary.set, desired);
  if (step.number == 0) return {};
  std::string what = str("; step ", step.number, " of ", step.last, ": ", step.tasks, " of ", desired, " tasks of ",
                         primary.set->spec.task_definition);
  const Time since = primary.set->status.step_healthy_at;
  if (!is_set(since)) return what;
  if (service.spec.deployment_configuration.pause_after_step) {
    return what + ", waits for muster rollout promote (or abort)";
  }
  return str(what, " until ", format_time(baked_at(service.spec.deployment_configuration, since)));
}

}  // namespace muster::service
