// Kubernetes' rules for resourceVersion, resourceVersionMatch, continue and sendInitialEvents: which combinations a
// list and a watch accept. Pure.
#pragma once

#include "api/base/error.h"
#include "runtime/server/call.h"

namespace muster::server {

// Code::invalid, naming the option, as Kubernetes words it.
Status check_list_options(const Call& call);
Status check_watch_options(const Call& call);

// Of a revision that is still in the future when the patience with it has ended; clients know it by its cause.
Error too_large_revision(std::int64_t wanted, std::int64_t current);

// Whether the list is over exactly the state at call.revision: asked for by resourceVersionMatch, or, as of old, by a
// limit.
bool wants_exact(const Call& call);
// Whether the watch begins with what is, as ADDED events.
bool wants_initial_events(const Call& call);

}  // namespace muster::server
