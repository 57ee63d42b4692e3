// The decision for one service.
#pragma once

#include "controllers/base/plan.h"
#include "controllers/service/slots.h"

namespace muster::service {

Plan plan(const State& state, const Service& service, const Facts& facts, const NotableInstances& notable,
          const Context& context);

}  // namespace muster::service
