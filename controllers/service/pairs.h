// Slots with two tasks: one that was to be replaced (unhealthy, on a DRAINING instance, lost and come back) and its
// replacement. One of them goes as soon as it is clear which.
#pragma once

#include "controllers/service/work.h"

namespace muster::service {

// Also stops pending tasks on DRAINING instances (ecs.md section 5).
void resolve_pairs(Work& work, SetView& set);

}  // namespace muster::service
