// What controllers decide by, fetched from the server: so that the command line can ask the same functions.
#pragma once

#include "api/state/state.h"
#include "runtime/cmd/client_verb.h"

namespace muster::cmd {

// All instances, tasks that have not stopped, and what tasks refer to, of all namespaces. The lists are read one after
// the other and may differ by what happens meanwhile. The user must be allowed to list them; the error says so.
Result<State> read_cluster_state(Session& session);

}  // namespace muster::cmd
