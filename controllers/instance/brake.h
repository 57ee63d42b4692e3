// When so many instances vanish together that the network is the likelier culprit, their tasks are declared lost (and
// therefore replaced) one instance at a time. Pure arithmetic.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "api/base/time.h"

namespace muster::instance {

inline constexpr Duration loss_window = std::chrono::seconds(30);
inline constexpr Duration release_interval = std::chrono::seconds(10);

struct LostInstance {
  std::string name;
  Time lost_at{};
  Time released_at{};      // when its tasks were declared lost; unset: they are not
  bool has_tasks = false;  // that are not declared lost
};

// What has vanished from one cluster.
struct Losses {
  std::size_t instances = 0;  // in all
  std::size_t suspects = 0;   // vanished, not yet lost
  std::vector<LostInstance> lost;
  bool braking = false;  // the brake was on when last looked
};

// Suspects and those lost within the window are more than two and more than a fifth of all. Once on, the brake stays on
// until nobody waits any more.
bool brake_engaged(const Losses& losses, Time now);
// How many vanished: suspects and those lost within the window.
std::size_t vanished(const Losses& losses, Time now);
// How long the instance's tasks have to wait before they are declared lost; zero: now. With the brake on, instances
// take turns in the order in which they were lost, and the first turn comes one interval after the first loss.
Duration wait_for_release(const Losses& losses, const std::string& instance, Time now);

}  // namespace muster::instance
