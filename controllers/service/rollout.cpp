#include "controllers/service/rollout.h"

#include <algorithm>

namespace muster::service {

Bounds bounds_of(std::int32_t desired, std::int32_t minimum_healthy_percent, std::int32_t maximum_percent) {
  const std::int64_t wanted = desired;
  const std::int64_t lower = (wanted * minimum_healthy_percent + 99) / 100;
  const std::int64_t upper = wanted * maximum_percent / 100;
  // A maximum under 100 % would keep the service from ever being complete.
  return Bounds{static_cast<std::int32_t>(std::min(lower, wanted)), static_cast<std::int32_t>(std::max(upper, wanted))};
}

std::int32_t may_start(const Bounds& bounds, const Counts& counts) {
  return std::max(0, bounds.upper - counts.total());
}

std::int32_t may_stop(const Bounds& bounds, const Counts& counts) {
  return std::max(0, counts.healthy - bounds.lower);
}

std::int32_t needed_of_old(std::int32_t desired, std::int32_t healthy_of_primary) {
  return std::max(0, desired - healthy_of_primary);
}

}  // namespace muster::service
