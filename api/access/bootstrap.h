// The roles and bindings that every cluster has: cluster-admin, admin, edit, view, and those of the system's own parts.
#pragma once

#include <memory>
#include <vector>

#include "api/state/state.h"

namespace muster::access {

// All of them, as on the first day.
std::vector<std::shared_ptr<Object>> bootstrap_policy();

// What must be written so that the state has all of them: objects that are missing (resourceVersion 0: create them),
// and those that have lost rules or subjects (update them). Additions of the administrator stay; an object with the
// annotation rbac.authorization.kubernetes.io/autoupdate: "false" is his own, and only missing ones are made anew.
std::vector<std::shared_ptr<Object>> missing_policy(const State& state);

}  // namespace muster::access
