// Which tasks go first when there are too many (ecs.md section 3.8).
#pragma once

#include <vector>

#include "controllers/service/work.h"

namespace muster::service {

struct Candidate {
  SetView* set = nullptr;
  TaskView* task = nullptr;
};

// How dear a task is: unplaced, pending, unhealthy, running but not yet healthy, healthy on a DRAINING instance,
// healthy.
int worth(const TaskView& task);

// The `count` candidates to give up first, in order: older deployments before newer, less worth before more, then from
// the fullest zone and instance, or as the service's placement strategy says in reverse.
std::vector<Candidate> choose_victims(Work& work, std::vector<Candidate> candidates, std::size_t count);

}  // namespace muster::service
