// When a deployment is given up, and which one takes its place (ECS: deployment circuit breaker; ecs.md section 3.5.
// Kubernetes: progress deadline).
#pragma once

#include "controllers/service/deployments.h"
#include "controllers/service/slots.h"

namespace muster::service {

// How many failures in a row are too many, for so many wanted tasks.
std::int32_t failure_threshold(const CircuitBreakerThreshold& rule, std::int32_t desired);
// Why the deployment is to be given up now: it is under way, and somebody aborts it, its tasks have failed too often,
// or none has become healthy for too long. One that was completed is not, whatever becomes of it later.
DeploymentFailure giving_up(const Service& service, const SetView& deployment, std::int32_t desired, Time now);
// When it will be given up if nothing gets better; unset: never.
Time progress_deadline(const Service& service, const SetView& deployment);

bool has_failed(const TaskSet& set);
// The newest set that the service itself asked for, or null: not one that was rolled back to.
TaskSetPtr asked_for(const std::vector<TaskSetPtr>& sets);
// The set that is gone back to when the PRIMARY has failed, and the service or whoever aborted it wants that: the
// newest that was completed, or null. A deployment that was itself rolled back to is not rolled back again.
TaskSetPtr rollback_target(const State& state, const Service& service, const std::vector<TaskSetPtr>& sets);
// The target as the PRIMARY again: the tasks that it still has stay, and its images stay the same.
TaskSetPtr rolled_back_to(const TaskSet& target, const std::vector<TaskSetPtr>& sets);

}  // namespace muster::service
