// The one list of controllers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controllers/base/controller.h"

namespace muster {

// Their names, in the order of documentation.
std::vector<std::string> controller_names();
// Fresh ones of these names, in the order of the list; unknown names are left out.
std::vector<std::unique_ptr<Controller>> make_controllers(const std::vector<std::string>& names);

}  // namespace muster
