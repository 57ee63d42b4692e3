// Which container a stream is asked of: the rules that logs, exec, attach and forwarded ports share.
#pragma once

#include <string>

#include "api/protocol/frames.h"
#include "api/types/task.h"
#include "runtime/server/call.h"
#include "runtime/store/objects.h"

namespace muster::server {

// Kubernetes: a query parameter that is present and neither "false" nor "0" is true.
bool query_flag(const http::Target& target, std::string_view name);
// The call's task. Code::not_found, and malformed for one that has not been placed.
Result<std::shared_ptr<const Task>> placed_task(const Call& call, const State& state);
// The one that `container` names; without a name the only one. Code::malformed when there is none or a choice.
Result<std::string> wanted_container(const Call& call, const Task& task);
// The one that has the port; the first where none says so.
std::string container_of_port(const Task& task, int port);

}  // namespace muster::server
