// THE decision: what an agent may do with its own, and what roles allow everybody.
#pragma once

#include "api/access/policy.h"

namespace muster::access {

// `policy` must be that of the state. Agents (system:node:NAME in the group system:nodes) may connect as their own
// instance, open the streams that it is asked for and renew its certificate; no role has to say so.
Decision decide(const State& state, const Policy& policy, const Attributes& attributes);

// Without a compiled policy, for single questions; builds one.
Decision decide(const State& state, const Attributes& attributes);

// The error of a request that was not allowed: `tasks.muster.dev "x" is forbidden: User ... cannot ...`.
Error forbidden(const Attributes& attributes);

}  // namespace muster::access
