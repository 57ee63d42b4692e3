// Objects and lists in the form that a client asked for: whole, metadata alone, or a table.
#pragma once

#include <string>
#include <vector>

#include "runtime/server/call.h"

namespace muster::server {

std::string represent(const Call& call, const Object& object, Time now);
// `metadata` is the JSON of the list's metadata object.
std::string represent_list(const Call& call, const std::vector<ObjectPtr>& objects, const std::string& metadata,
                           Time now);

}  // namespace muster::server
