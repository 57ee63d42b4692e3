// Places tasks on container instances (design.md section 7): filters, then ECS's strategies in order, against a model
// of free resources that is a fold of commits. One key a cluster; one plan places up to a few hundred tasks.
#pragma once

#include <memory>

#include "controllers/base/controller.h"

namespace muster {

std::unique_ptr<Controller> make_scheduler();

}  // namespace muster
