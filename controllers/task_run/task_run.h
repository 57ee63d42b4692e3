// The task run controller: starts the tasks of each TaskRun until enough have succeeded, or too many have failed.
#pragma once

#include <memory>

#include "controllers/base/controller.h"

namespace muster {

std::unique_ptr<Controller> make_task_run_controller();

}  // namespace muster
