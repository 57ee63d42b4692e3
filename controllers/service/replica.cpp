#include "controllers/service/replica.h"

#include <algorithm>
#include <optional>

#include "controllers/service/circuit_breaker.h"
#include "controllers/service/pairs.h"
#include "controllers/service/steps.h"
#include "controllers/service/victims.h"

namespace muster::service {

namespace {

// A replacement of an old task that has had no time to become healthy is not stopped for room while it is needed.
constexpr Duration young = std::chrono::seconds(60);

// A deployment that has failed starts no tasks (ECS), nor does one that is being deleted.
bool may_start_tasks(const SetView& set) {
  return !set.set->metadata.deleting() && !has_failed(*set.set);
}

// Slots of the PRIMARY without a wanted task.
struct Missing {
  std::vector<Attempt> due;  // in order of slots
  std::int32_t later = 0;    // wait for their back-off, or for what becomes of their newest task
};

// How many tasks the PRIMARY is to have: a rollout in steps as many as its step says. A paused one keeps what either
// side has; what else is wanted is the PRIMARY's.
std::size_t wanted_of_primary(const Work& work) {
  const TaskSet& primary = *work.sets.front().set;
  const bool rolling = primary.status.rollout_state == RolloutState::in_progress && work.sets.size() > 1;
  if (!rolling) return static_cast<std::size_t>(work.desired);
  const auto occupied = [](const SetView& set) {
    std::size_t count = 0;
    for (std::size_t slot = 0; slot < set.slots.size(); ++slot) count += is_occupied(set, slot) ? 1 : 0;
    return count;
  };
  // A step that has become smaller takes no task away: healthy ones may be needed.
  const auto most = static_cast<std::size_t>(work.desired);
  const auto step = static_cast<std::size_t>(step_of(work.service, primary, work.desired).tasks);
  const std::size_t desired = std::min(most, std::max(step, occupied(work.sets.front())));
  if (!work.service.spec.paused) return desired;
  std::size_t old = 0;
  for (std::size_t i = 1; i < work.sets.size(); ++i) old += occupied(work.sets[i]);
  return std::min(desired, std::max(occupied(work.sets.front()), desired > old ? desired - old : 0));
}

// Chooses the slots that the PRIMARY keeps, gives up the others' tasks, and finds what is missing.
Missing settle_primary(Work& work) {
  SetView& set = work.primary();
  const std::size_t desired = wanted_of_primary(work);
  std::vector<std::size_t> vacant;  // occupied, but without a wanted task
  std::size_t wanted = 0;
  for (std::size_t slot = 0; slot < set.slots.size(); ++slot) {
    if (!is_occupied(set, slot)) continue;
    if (set.slots[slot].wanted > 0) {
      ++wanted;
    } else {
      vacant.push_back(slot);
    }
  }
  if (wanted > desired) {
    std::vector<Candidate> candidates;
    for (std::size_t slot = 0; slot < set.slots.size(); ++slot) {
      if (TaskView* current = set.current(slot)) candidates.push_back(Candidate{&set, current});
    }
    for (const Candidate& each : choose_victims(work, std::move(candidates), wanted - desired)) {
      stop(work, set, *each.task, scaling(work));
    }
    return {};
  }
  Missing missing;
  if (!may_start_tasks(set)) return missing;
  std::size_t lacking = desired - wanted;
  const auto need = [&](std::size_t slot) {
    const std::optional<Attempt> next = next_attempt(set, slot, work.lens.now);
    if (next.has_value() && next->not_before <= work.lens.now) {
      missing.due.push_back(*next);
    } else {
      ++missing.later;
      if (next.has_value()) work.plan.look_again(next->not_before - work.lens.now);
    }
    --lacking;
  };
  for (const std::size_t slot : vacant) {
    if (lacking == 0) break;
    need(slot);
  }
  std::size_t free_slot = 0;
  while (lacking > 0) {
    if (!is_occupied(set, free_slot)) need(free_slot);
    ++free_slot;
  }
  std::sort(missing.due.begin(), missing.due.end(), [](const Attempt& a, const Attempt& b) { return a.slot < b.slot; });
  return missing;
}

std::int32_t wanted_of_old(const Work& work) {
  std::int32_t count = 0;
  for (std::size_t i = 1; i < work.sets.size(); ++i) {
    for (const Slot& slot : work.sets[i].slots) count += slot.wanted;
  }
  return count;
}

// Replaces crashed tasks of older deployments by tasks of the same revision, at most `count`.
void replace_old(Work& work, std::int32_t count) {
  for (std::size_t i = 1; i < work.sets.size() && count > 0; ++i) {
    SetView& set = work.sets[i];
    if (!may_start_tasks(set)) continue;
    for (std::size_t slot = 0; slot < set.slots.size() && count > 0; ++slot) {
      if (set.slots[slot].wanted > 0 || !is_occupied(set, slot)) continue;
      const std::optional<Attempt> next = next_attempt(set, slot, work.lens.now);
      if (!next.has_value()) continue;
      if (next->not_before > work.lens.now) {
        work.plan.look_again(next->not_before - work.lens.now);
      } else if (work.room() == 0 || !start(work, set, *next)) {
        return;
      } else {
        --count;
      }
    }
  }
}

// Starts a second task beside one that must be replaced, where there is room.
void start_beside(Work& work, SetView& set) {
  if (!may_start_tasks(set)) return;
  for (std::size_t slot = 0; slot < set.slots.size() && work.room() > 0; ++slot) {
    if (set.slots[slot].wanted != 1) continue;
    const TaskView* current = set.current(slot);
    if (current == nullptr || current->good() || current->phase == Phase::pending) continue;
    const TaskView& newest = *set.newest(slot);
    if (decides_when_stopped(newest)) continue;
    const Attempt next = attempt_after(newest, slot, work.lens.now);
    if (next.not_before > work.lens.now) {
      work.plan.look_again(next.not_before - work.lens.now);
    } else if (!start(work, set, next)) {
      return;
    }
  }
}

// No instance can take it now: what is there may have to go first.
bool is_unplaceable(const TaskView& task) {
  if (task.phase != Phase::pending || !task.task->spec.container_instance.empty()) return false;
  const Condition* placed = find_condition(task.task->status.conditions, "Placed");
  return placed != nullptr && placed->status == "False";
}

std::int32_t count_unplaceable(const Work& work) {
  std::int32_t count = 0;
  for (const SetView& set : work.sets) {
    if (set.pending == 0) continue;
    count += static_cast<std::int32_t>(std::ranges::count_if(set.tasks, is_unplaceable));
  }
  return count;
}

// Where a task finds no place, one that is unhealthy gives up its own: its replacement, or what waits longest, takes
// it.
void stop_unhealthy(Work& work) {
  for (SetView& set : work.sets) {
    const bool old = &set != work.sets.data();
    for (TaskView& each : set.tasks) {
      if (each.phase != Phase::running || !each.unhealthy) continue;
      stop(work, set, each, old ? scaling(work) : std::string(failed_checks));
      return;
    }
  }
}

// Without room to start beside: stops first, never more healthy ones than may stop, and unhealthy ones one at a time.
void stop_first(Work& work, SetView& set, bool calm) {
  for (std::size_t slot = 0; slot < set.slots.size(); ++slot) {
    if (set.slots[slot].wanted != 1) continue;
    TaskView* current = set.current(slot);
    if (current == nullptr || current->phase != Phase::running || current->good()) continue;
    if (current->unhealthy) {
      if (calm && work.counts.stopping == 0) stop(work, set, *current, failed_checks);
    } else if (!current->healthy || work.stoppable() > 0) {
      stop(work, set, *current, reason_to_leave(work, *current));
    }
  }
}

bool is_protected(const Work& work, const TaskView& task) {
  const Task& it = *task.task;
  return task.phase == Phase::pending && !it.spec.container_instance.empty() && it.spec.consecutive_failures <= 1 &&
         it.metadata.creation_timestamp + young > work.lens.now;
}

std::vector<Candidate> old_candidates(Work& work) {
  std::vector<Candidate> candidates;
  for (std::size_t i = 1; i < work.sets.size(); ++i) {
    for (TaskView& each : work.sets[i].tasks) {
      if (each.wanted()) candidates.push_back(Candidate{&work.sets[i], &each});
    }
  }
  return candidates;
}

// Gives up tasks of older deployments: what the PRIMARY has made superfluous, and what must go to make room for it.
void stop_old(Work& work, const Missing& missing, std::size_t started, std::int32_t healthy_of_primary) {
  std::int32_t wanted = wanted_of_old(work);
  if (wanted == 0) return;
  const std::int32_t excess = std::max(0, wanted - needed_of_old(work.desired, healthy_of_primary));
  const auto due = static_cast<std::int32_t>(missing.due.size() - started);
  const std::int32_t for_room = std::max(0, due - work.room() - work.counts.stopping);
  const std::int32_t count = std::max(excess, for_room);
  if (count == 0) return;
  std::int32_t stopped = 0;
  for (const Candidate& each : choose_victims(work, old_candidates(work), static_cast<std::size_t>(wanted))) {
    if (stopped == count) break;
    if (each.task->healthy && work.stoppable() == 0) continue;
    if (stopped >= excess && is_protected(work, *each.task) && wanted + healthy_of_primary <= work.bounds.lower) {
      work.plan.look_again(each.task->task->metadata.creation_timestamp + young - work.lens.now);
      continue;
    }
    if (!stop(work, *each.set, *each.task, scaling(work))) break;
    ++stopped;
    --wanted;
  }
}

}  // namespace

void plan_replicas(Work& work) {
  for (SetView& set : work.sets) resolve_pairs(work, set);
  const Missing missing = settle_primary(work);
  const std::int32_t healthy_of_primary = work.primary().healthy;
  const auto potential = [&] { return wanted_of_old(work) + healthy_of_primary; };
  const bool rolling = work.sets.size() > 1;

  // Replacements of old tasks go first while the healthy minimum depends on them.
  if (rolling) replace_old(work, work.bounds.lower - potential());
  std::size_t started = 0;
  for (const Attempt& each : missing.due) {
    if (work.room() == 0 || !start(work, work.primary(), each)) break;
    ++started;
  }
  if (rolling && started == missing.due.size()) replace_old(work, work.desired - potential());
  if (started == missing.due.size()) {
    for (SetView& set : work.sets) start_beside(work, set);
  }
  if (rolling) {
    stop_old(work, missing, started, healthy_of_primary);
    if (needed_of_old(work.desired, healthy_of_primary) == 0) {
      for (std::size_t i = 1; i < work.sets.size(); ++i) {
        for (const TaskView& each : work.sets[i].tasks) stop_lost(work, each);
      }
    }
  }
  if (work.room() == 0) {
    const bool calm = work.counts.stopping == 0 && work.counts.pending == 0;
    for (SetView& set : work.sets) stop_first(work, set, calm);
  }
  const std::int32_t unplaceable = count_unplaceable(work);
  if (unplaceable > 0 && work.counts.stopping == 0 && work.counts.pending == unplaceable) stop_unhealthy(work);
  const bool waits = work.counts.stopping > 0 || work.counts.pending > 0 || work.counts.healthy < work.counts.running;
  work.deadlocked = rolling && wanted_of_old(work) > 0 && !missing.due.empty() && started == 0 && !waits;
}

}  // namespace muster::service
