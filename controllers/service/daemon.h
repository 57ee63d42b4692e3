// What to start and stop for a DAEMON service: one task on every eligible instance (ecs.md section 3.8).
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/service/work.h"

namespace muster::service {

// The instances of the service's cluster, by name. An instance that is neither is left as it is: its agent is silent,
// or it is cordoned, has a NoSchedule taint, or is DRAINING.
struct DaemonHosts {
  // May be given a task: ACTIVE, connected, schedulable, and in accordance with the constraints.
  std::map<std::string, std::shared_ptr<const ContainerInstance>, std::less<>> eligible;
  // The constraints, or a NoExecute taint, rule them out: a task that is there has to go.
  std::set<std::string, std::less<>> excluded;
};
// `definition` is the one that is rolled out: its constraints hold as well as the service's. Expressions about tasks
// are the scheduler's alone, because the tasks of the service would change the answer.
DaemonHosts daemon_hosts(const State& state, const Service& service, std::string_view definition);

// How many tasks there are to be: one on each eligible instance, and those that stay where the agent is silent.
std::int32_t daemon_count(const std::vector<SetView>& sets, const DaemonHosts& hosts);

// Needs take_stock() with daemon_count(), and at least one set. Stops before it starts, instance by
// instance.
void plan_daemon(Work& work, const DaemonHosts& hosts);

}  // namespace muster::service
