// Client-side apply, as kubectl does it: what the manifest says now, what it said last time, what the server has.
#pragma once

#include "api/schema/node.h"

namespace muster::cmd {

inline constexpr const char* last_applied_annotation = "kubectl.kubernetes.io/last-applied-configuration";

// The manifest as it is remembered: without status and without what the server fills.
Node remembered(const Node& manifest);
// The merge patch that makes `live` say what `wanted` says and takes away what `last` said and `wanted` no longer does.
// An empty map means there is nothing to do. `last` may be null.
Node three_way_patch(const Node& live, const Node& wanted, const Node& last);

}  // namespace muster::cmd
