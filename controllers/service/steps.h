// Rollouts in steps: how many tasks of the new configuration there may be, and until when (ECS: the strategies CANARY
// and LINEAR; here by the number of tasks, each of which has its share of the traffic).
#pragma once

#include <cstdint>

#include "controllers/service/slots.h"

namespace muster::service {

// What a rollout in steps is at.
struct Step {
  std::int32_t number = 0;  // from 1; 0: the rollout has no steps
  std::int32_t last = 0;    // the number of the one after which everything is rolled out
  std::int32_t tasks = 0;   // of the new configuration, in this step
};
// Of the deployment's status, for so many wanted tasks.
Step step_of(const DeploymentConfiguration& configuration, std::int32_t steps_done, std::int32_t desired);

// Of the PRIMARY, which stands beside an older one that still has tasks or would get them back. A rollback has no
// steps.
Step step_of(const Service& service, const TaskSet& primary, std::int32_t desired);

// When the step's tasks, healthy since then, will have proved themselves.
Time baked_at(const DeploymentConfiguration& configuration, Time healthy_since);
// Whether a person has let the rollout go on after this step.
bool is_promoted(const Service& service, const TaskSet& primary, const Step& step);

// What becomes of the status: the step's tasks have become healthy, or are not any more; the next step begins.
void note_step(const Service& service, const SetView& primary, std::int32_t desired, Time now, TaskSetStatus& status);
// What it waits for: "; step 1 of 2: 1 of 4 tasks of web:2 until 12:00"; empty without steps.
std::string step_text(const Service& service, const SetView& primary, std::int32_t desired);

}  // namespace muster::service
