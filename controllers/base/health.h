// Words about tasks that several controllers share. No controller links another.
#pragma once

#include "api/state/state.h"
#include "api/types/service.h"
#include "api/types/task.h"

namespace muster {

// What makes the tasks of one definition healthy; computed once for many tasks.
struct HealthRule {
  enum class By { time, check } by = By::time;
  Duration minimum_healthy_time{};
  bool readiness = false;  // it must be READY as well
};
HealthRule health_rule(const TaskDefinitionSpec& definition, Duration minimum_healthy_time);
bool is_healthy(const Task& task, const HealthRule& rule, Time now);
// The same of a task that is RUNNING, not lost and not asked to stop.
bool is_healthy(HealthStatus health, ReadinessStatus readiness, Time started_at, const HealthRule& rule, Time now);
Time healthy_at(const Task& task, const HealthRule& rule);
// RUNNING, not lost, not asked to stop, and: HEALTHY where there is a check, else RUNNING for `minimum_healthy_time`;
// and READY where there is a readiness check.
bool is_healthy(const Task& task, const TaskDefinitionSpec& definition, Duration minimum_healthy_time, Time now);
// When a RUNNING task without a check becomes healthy by time alone; unset when it is healthy or never will be that
// way.
Time healthy_at(const Task& task, const TaskDefinitionSpec& definition, Duration minimum_healthy_time);

// The stoppedReason of a task that its service replaces because its health checks fail.
inline constexpr std::string_view failed_checks = "Task failed container health checks";
// It was asked to stop for that, or has stopped.
bool failed_its_checks(const Task& task);
// The stop counts as a failure of the task: not one that we or a user asked for, but for failed health checks.
bool failed(const Task& task);
// How long to wait before the next attempt in the slot of a task that has stopped: at once after the first failure,
// then 1 s doubling to 5 min; `consecutive_failures` as the next attempt will carry it.
Duration backoff(std::int32_t consecutive_failures);
// The value that the next attempt in the slot carries: 0 after a stop that was asked for, 1 after a task that had been
// RUNNING for 60 s and ended by itself, else one more than the stopped task's.
std::int32_t next_consecutive_failures(const Task& stopped);
// The attempt of a slot that has failed twice or more in a row is proven once it has been RUNNING for 60 s, which also
// ends the row; until then nobody may call its service steady. Unset: there is nothing to prove.
Time proven_at(std::int32_t consecutive_failures, Time started_at);
// When the next attempt in the slot of a stopped task may start. A host whose clock runs ahead delays nothing.
Time retry_at(const Task& stopped, Time now);

// What the task reserves on its instance, overrides included. Null definition: nothing.
Resources resources_of_task(const Task& task, const TaskDefinitionRevision* revision);
// The revision a task refers to.
std::shared_ptr<const TaskDefinitionRevision> revision_of(const State& state, std::string_view ns,
                                                          std::string_view task_definition);
// "web" -> the newest ACTIVE revision's name, "web:3" -> itself if it exists; empty when there is none.
std::string resolve_definition(const State& state, std::string_view ns, std::string_view task_definition);
// Whether the task occupies its instance: placed and not yet known to be stopped.
bool holds_resources(const Task& task);

}  // namespace muster
