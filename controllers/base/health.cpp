#include "controllers/base/health.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/state/revisions.h"
#include "api/types/overrides.h"

namespace muster {

namespace {

constexpr Duration steady_run = std::chrono::seconds(60);
constexpr Duration first_wait = std::chrono::seconds(1);
constexpr Duration longest_wait = std::chrono::minutes(5);
constexpr std::int32_t doublings = 9;  // 1 s doubled so often is beyond the longest wait

bool counts_as_running(const Task& task) {
  return task.status.last_status == LastStatus::running && !wants_stop(task) && !is_lost(task);
}

// How long it was RUNNING, by its host's clock alone.
Duration ran_for(const Task& stopped) {
  if (!is_set(stopped.status.started_at) || !is_set(stopped.status.stopped_at)) return Duration::zero();
  return std::max(stopped.status.stopped_at - stopped.status.started_at, Duration::zero());
}

}  // namespace

HealthRule health_rule(const TaskDefinitionSpec& definition, Duration minimum_healthy_time) {
  return HealthRule{has_health_check(definition) ? HealthRule::By::check : HealthRule::By::time, minimum_healthy_time,
                    has_readiness_check(definition)};
}

bool is_healthy(HealthStatus health, ReadinessStatus readiness, Time started_at, const HealthRule& rule, Time now) {
  if (rule.readiness && readiness != ReadinessStatus::ready) return false;
  if (rule.by == HealthRule::By::check) return health == HealthStatus::healthy;
  // Without a minimum the host's clock does not matter.
  return rule.minimum_healthy_time <= Duration::zero() || started_at + rule.minimum_healthy_time <= now;
}

bool is_healthy(const Task& task, const HealthRule& rule, Time now) {
  const TaskStatus& status = task.status;
  return counts_as_running(task) &&
         is_healthy(status.health_status, status.readiness_status, status.started_at, rule, now);
}

Time healthy_at(const Task& task, const HealthRule& rule) {
  if (rule.minimum_healthy_time <= Duration::zero() || rule.by == HealthRule::By::check || !counts_as_running(task))
    return Time{};
  // Its getting ready will be told.
  if (rule.readiness && task.status.readiness_status != ReadinessStatus::ready) return Time{};
  return task.status.started_at + rule.minimum_healthy_time;
}

bool is_healthy(const Task& task, const TaskDefinitionSpec& definition, Duration minimum_healthy_time, Time now) {
  return is_healthy(task, health_rule(definition, minimum_healthy_time), now);
}

Time healthy_at(const Task& task, const TaskDefinitionSpec& definition, Duration minimum_healthy_time) {
  return healthy_at(task, health_rule(definition, minimum_healthy_time));
}

bool failed_its_checks(const Task& task) {
  return wants_stop(task) && task.spec.stop_code == StopCode::service_scheduler_initiated &&
         task.spec.stopped_reason == failed_checks;
}

bool failed(const Task& task) {
  if (!is_stopped(task)) return false;
  if (wants_stop(task)) return failed_its_checks(task);
  switch (task.status.stop_code) {
    case StopCode::none:
    case StopCode::task_failed_to_start:
    case StopCode::essential_container_exited: return true;
    case StopCode::user_initiated:
    case StopCode::service_scheduler_initiated:
    case StopCode::termination_notice: return false;
  }
  return false;
}

Duration backoff(std::int32_t consecutive_failures) {
  if (consecutive_failures <= 1) return Duration::zero();
  const std::int32_t exponent = std::min(consecutive_failures - 2, doublings);
  return std::min(first_wait * (std::int64_t{1} << exponent), longest_wait);
}

std::int32_t next_consecutive_failures(const Task& stopped) {
  if (!failed(stopped)) return 0;
  // Checks take their time to fail: it ran, and was never known to be well.
  if (!failed_its_checks(stopped) && ran_for(stopped) >= steady_run) return 1;
  return stopped.spec.consecutive_failures + 1;
}

Time proven_at(std::int32_t consecutive_failures, Time started_at) {
  constexpr std::int32_t accidents = 1;  // may befall the best task
  return consecutive_failures <= accidents ? Time{} : started_at + steady_run;
}

Time retry_at(const Task& stopped, Time now) {
  Time at = stopped.status.stopped_at;
  // The server's clock made the creation time; a run's length needs no common clock.
  if (at > now) at = std::min(stopped.metadata.creation_timestamp + ran_for(stopped), now);
  return at + backoff(next_consecutive_failures(stopped));
}

Resources resources_of_task(const Task& task, const TaskDefinitionRevision* revision) {
  if (revision == nullptr) return {};
  if (task.spec.overrides == TaskOverride{}) return resources_of(revision->spec);
  return resources_of(overridden(revision->spec, task.spec.overrides));
}

std::shared_ptr<const TaskDefinitionRevision> revision_of(const State& state, std::string_view ns,
                                                          std::string_view task_definition) {
  return state.get<TaskDefinitionRevision>(ns, task_definition);
}

std::string resolve_definition(const State& state, std::string_view ns, std::string_view task_definition) {
  const auto revision = find_revision(state, ns, task_definition);
  return revision == nullptr ? std::string() : revision->metadata.name;
}

bool holds_resources(const Task& task) {
  return !task.spec.container_instance.empty() && !is_stopped(task);
}

}  // namespace muster
