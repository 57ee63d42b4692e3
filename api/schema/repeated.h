// Names that one map of a document has more than once.
#pragma once

#include <string>
#include <vector>

#include "api/schema/node.h"

namespace muster {

// Leaves of members with one name only the last, as Kubernetes does where it does not refuse them. Answers their paths
// ("spec.ports[0].name"), at most limits::causes of them.
std::vector<std::string> drop_repeated(Node& document);

}  // namespace muster
