// Single rules of roles: what they match, and which of them others cover. Kubernetes' semantics.
#pragma once

#include <string>
#include <vector>

#include "api/access/attributes.h"
#include "api/base/error.h"
#include "api/types/rbac.h"

namespace muster::access {

bool matches(const PolicyRule& rule, const Attributes& attributes);

// The parts of `wanted`, one verb on one resource (or path) each, that none of `held` covers, merged by what they are
// about. Code::too_large when `wanted` has more parts than anybody writes by hand.
Result<std::vector<PolicyRule>> not_covered(const std::vector<PolicyRule>& held, const std::vector<PolicyRule>& wanted);

// `{APIGroups:["muster.dev"], Resources:["tasks"], Verbs:["get" "list"]}`.
std::string rule_text(const PolicyRule& rule);

}  // namespace muster::access
