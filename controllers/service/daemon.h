// What to start and stop for a DAEMON service: one task on every eligible instance (ecs.md section 3.8).
#pragma once

#include <map>
#include <memory>
#include <string>

#include "controllers/service/work.h"

namespace muster::service {

// Instances of the service's cluster that may be given a task: ACTIVE, connected and schedulable. By name.
using Instances = std::map<std::string, std::shared_ptr<const ContainerInstance>, std::less<>>;
Instances eligible_instances(const State& state, const Service& service);

// How many tasks there are to be: one on each eligible instance, and those that stay where the agent is silent.
std::int32_t daemon_count(const std::vector<SetView>& sets, const Instances& eligible);

// Needs take_stock() with daemon_count(), and at least one set. Stops before it starts, instance by
// instance.
void plan_daemon(Work& work, const Instances& eligible);

}  // namespace muster::service
