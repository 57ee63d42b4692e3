#include "controllers/instance/brake.h"

#include <algorithm>

namespace muster::instance {
namespace {

constexpr std::size_t vanished_most = 2;
constexpr std::size_t share = 5;  // a fifth

bool waits(const LostInstance& each) {
  return each.has_tasks && !is_set(each.released_at);
}

}  // namespace

std::size_t vanished(const Losses& losses, Time now) {
  const auto recent = std::count_if(losses.lost.begin(), losses.lost.end(),
                                    [&](const LostInstance& each) { return now - each.lost_at < loss_window; });
  return losses.suspects + static_cast<std::size_t>(recent);
}

bool brake_engaged(const Losses& losses, Time now) {
  const bool waiting = std::any_of(losses.lost.begin(), losses.lost.end(), waits);
  if (losses.braking && waiting) return true;
  const std::size_t count = vanished(losses, now);
  return count > vanished_most && count * share > losses.instances;
}

Duration wait_for_release(const Losses& losses, const std::string& instance, Time now) {
  if (!brake_engaged(losses, now)) return Duration::zero();
  std::vector<const LostInstance*> queue;
  Time base{};
  for (const auto& each : losses.lost) {
    if (waits(each)) queue.push_back(&each);
    if (is_set(each.released_at)) base = std::max(base, each.released_at + release_interval);
  }
  std::sort(queue.begin(), queue.end(), [](const LostInstance* a, const LostInstance* b) {
    return a->lost_at != b->lost_at ? a->lost_at < b->lost_at : a->name < b->name;
  });
  if (queue.empty()) return Duration::zero();
  base = std::max(base, queue.front()->lost_at + release_interval);
  Time turn = std::max(base, now);
  for (const auto* each : queue) {
    if (each->name == instance) return turn - now;
    turn += release_interval;
  }
  return Duration::zero();
}

}  // namespace muster::instance
