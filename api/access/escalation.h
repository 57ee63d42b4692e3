// Nobody grants what he lacks.
#pragma once

#include "api/access/policy.h"

namespace muster::access {

// May `user` write this object? Only roles and bindings are looked at. The rules of a role, or of the role that a
// binding points to, must be covered by what the user may do in the same namespace, unless he has the verb escalate (or
// bind) on the role. Who says of which others a ClusterRole is made must hold everything, and who labels one, its
// rules: by its labels they may come into others. `stored` is null on a create; writes that change neither rules nor
// subjects pass. Code::forbidden names what is missing; Code::not_found when the role of a binding does not exist.
Status check_escalation(const Policy& policy, const User& user, const Object& object, const Object* stored);

}  // namespace muster::access
