// The roles controller: ClusterRoles that are made of others.
#pragma once

#include <memory>
#include <vector>

#include "api/types/rbac.h"
#include "controllers/base/controller.h"

namespace muster {

namespace roles {

// What the role's selectors gather: the rules of all ClusterRoles that one of them selects, by their names, each rule
// once. Never its own.
std::vector<PolicyRule> aggregated_rules(const State& state, const ClusterRole& role);

}  // namespace roles

std::unique_ptr<Controller> make_roles_controller();

}  // namespace muster
