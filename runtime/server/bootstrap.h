// What every cluster has from its first moment.
#pragma once

#include "runtime/store/objects.h"

namespace muster::server {

// Makes the namespace and the cluster "default" where they are missing; without writes when both are there.
store::Batch bootstrap_batch(const State& state);

}  // namespace muster::server
