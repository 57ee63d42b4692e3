// The verdict about each container instance, what follows from it for its tasks, and the numbers in the status of
// instances and clusters (design.md section 9). Keys: ContainerInstance and Cluster.
#pragma once

#include <memory>

#include "controllers/base/controller.h"

namespace muster {

std::unique_ptr<Controller> make_instance_controller();

}  // namespace muster
