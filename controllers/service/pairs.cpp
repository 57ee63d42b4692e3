#include "controllers/service/pairs.h"

#include <algorithm>

namespace muster::service {

namespace {

// Stopping it leaves enough healthy tasks.
bool dispensable(const Work& work, const TaskView& task) {
  return !task.healthy || work.stoppable() > 0;
}

struct Verdict {
  TaskView* goes = nullptr;  // null: not clear yet
  std::string_view reason;
};

Verdict judge(const Work& work, TaskView& old, TaskView& replacement) {
  if (replacement.good() && replacement.phase == Phase::running) {
    // A task that came back with its host gives way to a replacement that runs; one that fails gives way to a healthy
    // one.
    const bool ready = replacement.healthy || (old.good() && old.phase == Phase::running);
    if (ready && dispensable(work, old)) return {&old, replaced};
    return {};
  }
  if (old.good() && old.phase == Phase::running) {
    // A healthy one on a DRAINING host still counts towards the minimum.
    if (dispensable(work, replacement)) return {&replacement, not_needed};
    return {};
  }
  if (old.good() && replacement.good()) return {&replacement, not_needed};
  if (replacement.unhealthy) return {&replacement, failed_checks};
  if (replacement.leaving() && dispensable(work, replacement))
    return {&replacement, reason_to_leave(work, replacement)};
  return {};
}

}  // namespace

void resolve_pairs(Work& work, SetView& set) {
  for (std::size_t number = 0; number < set.slots.size(); ++number) {
    const std::int32_t wanted = set.slots[number].wanted;
    if (wanted == 0 || (wanted == 1 && work.lens.notable.empty() && !set.drifted)) continue;
    std::vector<TaskView*> tasks;
    for (std::int32_t at = set.slots[number].first; at >= 0; at = set.tasks[static_cast<std::size_t>(at)].next) {
      TaskView& each = set.tasks[static_cast<std::size_t>(at)];
      if (!each.wanted()) continue;
      if (each.phase == Phase::pending && each.leaving()) {
        stop(work, set, each, reason_to_leave(work, each));
      } else {
        tasks.push_back(&each);
      }
    }
    if (tasks.size() < 2) continue;
    std::sort(tasks.begin(), tasks.end(), [](const TaskView* a, const TaskView* b) { return a->attempt < b->attempt; });
    while (tasks.size() >= 2) {
      const Verdict verdict = judge(work, *tasks.front(), *tasks.back());
      if (verdict.goes == nullptr || !stop(work, set, *verdict.goes, verdict.reason)) break;
      tasks.erase(std::find(tasks.begin(), tasks.end(), verdict.goes));
    }
  }
}

}  // namespace muster::service
