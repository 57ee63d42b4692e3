// What containers use, as Prometheus reads it (text format 0.0.4), by cAdvisor's names: its dashboards and alerts work
// on them. Of the last round of measuring; nothing is measured for a scrape.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "runtime/agent/usage_sampler.h"

namespace muster::agent {

// Of one agent.
struct ContainerSamples {
  std::string cluster;
  std::span<const ContainerSample> samples;
};

// Each container has the labels ecs_cluster, namespace, service (empty for a task of none), task, container, id, name
// and image. What a driver does not know has no series. Of more containers than most_exposed the rest is counted alone.
inline constexpr std::size_t most_exposed = 1000;
std::string container_metrics(const std::vector<ContainerSamples>& agents);

}  // namespace muster::agent
