// Kubernetes' protobuf bodies, as far as clients send them for views: newer clients know no other form for the kinds
// that they have types for.
#pragma once

#include <string_view>

#include "api/base/error.h"
#include "api/schema/node.h"

namespace muster::server {

inline constexpr std::string_view protobuf_type = "application/vnd.kubernetes.protobuf";

// A meta/v1 DeleteOptions, or the one inside a policy/v1 Eviction (an empty map when it has none), as the JSON of
// DeleteOptions would be. Code::malformed, or unsupported for other kinds.
Result<Node> read_protobuf_options(std::string_view body);

}  // namespace muster::server
