// What tools ask before anything else: versions, groups, resources and the OpenAPI documents, made once from the table
// of kinds.
#pragma once

#include <optional>

#include "runtime/http/message.h"
#include "runtime/server/call.h"

namespace muster::server {

// The answer to a GET of /version, /api, /apis and below, /openapi/v2, /openapi/v3 and below, in the form that Accept
// asks for, or 304 when the client has it already; nothing for other paths.
std::optional<http::Response> discovery(const http::Request& request, const http::Target& target);

// The answer to the one request of `kubectl cluster-info`, which looks for core services; nothing for other calls. Our
// services have the same plural, but the command understands only core's.
std::optional<http::Response> cluster_info(const Call& call);

}  // namespace muster::server
