// The garbage controller: deletes what has lost its owners, empties namespaces that are being deleted, lets go of tasks
// whose containers have stopped, and forgets INACTIVE revisions that nothing refers to.
#pragma once

#include <memory>

#include "controllers/base/controller.h"

namespace muster {

std::unique_ptr<Controller> make_garbage_controller();

}  // namespace muster
