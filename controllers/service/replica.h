// What to start and stop for a REPLICA service (ecs.md sections 3.4 and 3.8).
#pragma once

#include "controllers/service/work.h"

namespace muster::service {

// Needs take_stock() and at least one set. The sets' statuses are not its business.
void plan_replicas(Work& work);

}  // namespace muster::service
