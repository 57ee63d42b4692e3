// From what the engine says to the words of ECS: statuses, codes and reasons. Nothing here ever goes backwards.
#pragma once

#include "controllers/task/view.h"

namespace muster::task {

// Whether what has ended may be started again by its restart policy: not in a task that is going down.
enum class Restarts { allowed, over };

// Takes the observation of one container into its status and memory. One that will be started again stays RUNNING.
void fold(const DesiredTask& desired, Container& container, Restarts restarts, Time now);
// The container will not run (again). `reason` may be empty.
void finish(Container& container, std::string reason, Time now);

// Whether the task has got as far as RUNNING: every container has run, or has ended without being essential.
bool all_up(const View& view);
// PENDING -> RUNNING.
void reach_running(const View& view, TaskStatus& status, Time now);
// The first essential container that has stopped, or null.
const Container* failed_essential(const View& view);
// The task is going down because of that container, or because it is wanted so. The first cause stays.
void go_down(const Container& cause, TaskStatus& status, Time now);
void go_down(const DesiredTask& desired, TaskStatus& status, Time now);
// STOPPING while something runs, STOPPED afterwards.
void settle_down(const View& view, TaskStatus& status, Time now);
// ECS: over essential containers with a health check.
HealthStatus task_health(const View& view);
// Over all containers with a readiness check.
ReadinessStatus task_readiness(const View& view);

}  // namespace muster::task
