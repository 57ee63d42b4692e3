// What every cluster has from its first moment.
#pragma once

#include <string>

#include "runtime/store/objects.h"

namespace muster::server {

// Makes the namespaces "default" and "muster-system" and the cluster "default" where they are missing; without writes
// when all are there. `host_access` is what the namespace "default" allows where it says nothing of it itself; empty:
// nothing.
store::Batch bootstrap_batch(const State& state, const std::string& host_access = {});
// Adds the roles and bindings that every cluster has, where they are missing or have lost something.
void add_missing_policy(const State& state, store::Batch& batch);

// Adds what is missing or out of date of the definitions of our kinds that tools look for.
void add_definitions(const State& state, Time now, store::Batch& batch);

}  // namespace muster::server
