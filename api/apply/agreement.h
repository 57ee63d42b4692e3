// Whether applying a configuration would change anything, without making the documents to find out.
#pragma once

#include "api/schema/node.h"
#include "api/types/kinds.h"

namespace muster::apply {

// True only if merge(live, configuration) is `live` as it stands. A value that merely means the same in another
// spelling ("60s" for "1m0s"), or that `live` leaves out, is not searched for: then the answer is false. The
// configuration has passed applied_fields().
bool says_the_same(const Object& live, const Node& configuration);

}  // namespace muster::apply
