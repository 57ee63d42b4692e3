// The arithmetic of rolling updates (ecs.md section 3.4). Numbers only.
#pragma once

#include <cstdint>

namespace muster::service {

struct Bounds {
  std::int32_t lower = 0;  // healthy tasks that must stay
  std::int32_t upper = 0;  // tasks that may exist, stopping ones included
};
Bounds bounds_of(std::int32_t desired, std::int32_t minimum_healthy_percent, std::int32_t maximum_percent);

// Tasks of all deployments. Lost ones are in none of these.
struct Counts {
  std::int32_t running = 0, pending = 0, stopping = 0;
  std::int32_t healthy = 0;  // among the running
  std::int32_t total() const { return running + pending + stopping; }
};
std::int32_t may_start(const Bounds& bounds, const Counts& counts);
std::int32_t may_stop(const Bounds& bounds, const Counts& counts);

// How many tasks the older deployments are still needed for.
std::int32_t needed_of_old(std::int32_t desired, std::int32_t healthy_of_primary);

}  // namespace muster::service
