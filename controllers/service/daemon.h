// What to start and stop for a DAEMON service: one task on every eligible instance (ecs.md section 3.8).
#pragma once

#include <map>
#include <memory>
#include <string>

#include "controllers/service/work.h"

namespace muster::service {

// Instances of the service's cluster that are to have a task: ACTIVE and connected. By name.
using Instances = std::map<std::string, std::shared_ptr<const ContainerInstance>, std::less<>>;
Instances eligible_instances(const State& state, const Service& service);

// Needs take_stock() with the number of eligible instances, and at least one set. Stops before it starts, instance by
// instance.
void plan_daemon(Work& work, const Instances& eligible);

}  // namespace muster::service
