#include "runtime/simulation/draw.h"

#include <algorithm>
#include <numeric>

#include "api/base/assert.h"

namespace muster::simulation {

std::int64_t draw_number(Random& random, std::int64_t low, std::int64_t high) {
  MUSTER_ASSERT(low <= high);
  return low + static_cast<std::int64_t>(random.next() % static_cast<std::uint64_t>(high - low + 1));
}

bool draw_chance(Random& random, int percent) {
  return draw_number(random, 0, 99) < percent;
}

Duration draw_duration(Random& random, Duration low, Duration high) {
  // Doubling as often as fits, then evenly up to the next doubling: no floating point, the same on every machine.
  std::int64_t doublings = 0;
  while (low * (std::int64_t{1} << (doublings + 1)) <= high) ++doublings;
  const Duration from = low * (std::int64_t{1} << draw_number(random, 0, doublings));
  return std::min(high, from + Duration(draw_number(random, 0, from.count())));
}

std::size_t draw_weighted(Random& random, const std::vector<std::int64_t>& weights) {
  const std::int64_t sum = std::accumulate(weights.begin(), weights.end(), std::int64_t{0});
  std::int64_t left = draw_number(random, 1, sum);
  std::size_t index = 0;
  while (left > weights[index]) left -= weights[index++];
  return index;
}

std::vector<std::int64_t> draw_swarm(Random& random, std::size_t count) {
  std::vector<std::int64_t> weights(count, 0);
  for (std::int64_t& weight : weights) {
    if (!draw_chance(random, 35)) weight = std::int64_t{1} << draw_number(random, 0, 6);
  }
  weights[static_cast<std::size_t>(draw_number(random, 0, static_cast<std::int64_t>(count) - 1))] += 1;
  return weights;
}

}  // namespace muster::simulation
