// Answers as YAML, as Kubernetes gives them to who prefers that: objects, lists and errors, the same as in JSON.
#pragma once

#include "runtime/http/message.h"

namespace muster::server {

// Whether the client likes YAML best of what is answered below /api and /apis.
bool wants_yaml(const http::Request& request);
// Rewrites a plain JSON answer; any other stays as it is.
void turn_into_yaml(http::Response& response);

}  // namespace muster::server
