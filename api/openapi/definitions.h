// Muster's kinds as CustomResourceDefinitions, for tools that look for those before they show a kind.
#pragma once

#include <vector>

#include "api/types/custom_resource.h"

namespace muster::openapi {

// One for each of our kinds, by name, with a status that says it is established; without what the store gives
// (uid, revision, times).
std::vector<CustomResourceDefinition> definitions();

}  // namespace muster::openapi
