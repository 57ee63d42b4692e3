// Documentation made from descriptions: `muster explain` and api/reference.md.
#pragma once

#include <string>
#include <vector>

#include "api/base/error.h"
#include "api/schema/type.h"

namespace muster {

// The fields of the object at `path` ("spec", "deploymentConfiguration"), wrapped to 80 columns: type, required,
// default, limits, doc. Code::not_found with "did you mean" for an unknown field. `heading` is printed first ("KIND:
// Service").
Result<std::string> explain(const Type& type, const std::vector<std::string>& path, const std::string& heading);
// "integer", "[]ContainerDefinition", "map[string]string".
std::string type_text(const Type& type);
// "one of REPLICA, DAEMON; default REPLICA", "0 to 100000"; empty when there is nothing to say.
std::string limits_text(const Field& field, const Type& owner);

}  // namespace muster
