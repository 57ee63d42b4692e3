// Drawing from a Random: what swarm testing needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "api/base/time.h"
#include "runtime/base/random.h"

namespace muster::simulation {

// From `low` to `high`, both included.
std::int64_t draw_number(Random& random, std::int64_t low, std::int64_t high);
// True in `percent` of the cases.
bool draw_chance(Random& random, int percent);
// Between the two, each order of magnitude as likely as the others. Both above zero.
Duration draw_duration(Random& random, Duration low, Duration high);
// An index, as likely as its weight; there must be a weight above zero.
std::size_t draw_weighted(Random& random, const std::vector<std::int64_t>& weights);
// Uneven weights for `count` things: about a third of them is 0 (switched off), the others 1 to 64. At least one is not
// switched off.
std::vector<std::int64_t> draw_swarm(Random& random, std::size_t count);

}  // namespace muster::simulation
