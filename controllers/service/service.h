// The service controller: keeps the wanted number of tasks of each Service, and rolls out its configurations as
// TaskSets.
#pragma once

#include <memory>

#include "controllers/base/controller.h"

namespace muster {

std::unique_ptr<Controller> make_service_controller();

}  // namespace muster
