// The volumes of one task on the engine: made before its containers, removed after them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "controllers/task/volumes.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

// One after the other; ends with the first that cannot be had, whose name the error tells. Not from inside the call,
// unless there is nothing to do.
void provide_volumes(drivers::Driver& driver, std::vector<task::VolumeConfig> wanted, drivers::DoneVoid done);
// All that carry the labels. Code::conflict while something has one of them.
void remove_volumes(drivers::Driver& driver, std::map<std::string, std::string> labels, drivers::DoneVoid done);

}  // namespace muster::agent
