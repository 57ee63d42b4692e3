#include "controllers/service/slots.h"

#include <algorithm>

#include "api/base/limits.h"

namespace muster::service {

namespace {

// What the silence of its host means for a task: the instance controller's condition, or the service's own `lostAfter`.
struct LostVerdict {
  bool lost = false;     // counts as neither running nor pending
  bool replace = false;  // its replacement is due
  Time replace_at{};     // when it will be due; unset: not by time alone
};

LostVerdict lost_verdict(const Task& task, const ContainerInstance* instance, const Lens& lens) {
  LostVerdict verdict;
  verdict.lost = is_lost(task);
  verdict.replace = verdict.lost;
  const std::optional<Duration>& own = lens.service.spec.lost_after;
  if (!own.has_value() || instance == nullptr || task.spec.container_instance.empty()) return verdict;
  const AgentConnection& agent = instance->status.agent;
  if (agent.connected && instance->status.connection != Connection::suspect && !verdict.lost) return verdict;
  const Time due = std::max(agent.last_heard + *own, agent.away_until);
  verdict.replace = due <= lens.now;
  verdict.lost = verdict.lost || verdict.replace;
  if (!verdict.replace) verdict.replace_at = due;
  return verdict;
}

Phase phase_of(const Task& task) {
  if (is_stopped(task)) return Phase::stopped;
  if (wants_stop(task) || task.metadata.deleting() || task.status.last_status > LastStatus::running) return Phase::stopping;
  return task.status.last_status == LastStatus::running ? Phase::running : Phase::pending;
}

// Healthy tasks end a row of failures (ECS: failedTasks).
std::int32_t failures_of(const TaskView& newest) {
  return newest.phase == Phase::stopped ? next_consecutive_failures(*newest.task) : newest.task->spec.consecutive_failures;
}

void count(SetView& view, const TaskView& task) {
  switch (task.phase) {
    case Phase::pending: ++view.pending; break;
    case Phase::running: ++view.running; break;
    case Phase::stopping: ++view.stopping; break;
    case Phase::lost: ++view.lost; break;
    case Phase::stopped: break;
  }
  if (task.healthy) ++view.healthy;
}

}  // namespace

bool is_notable(const ContainerInstance& instance) {
  return instance.spec.status == InstanceState::draining || instance.status.connection != Connection::connected ||
         !instance.status.agent.connected;
}

const TaskView* SetView::newest(std::size_t slot) const {
  if (slot >= slots.size() || slots[slot].newest < 0) return nullptr;
  return &tasks[static_cast<std::size_t>(slots[slot].newest)];
}

TaskView* SetView::current(std::size_t slot) {
  TaskView* found = nullptr;
  if (slot >= slots.size() || slots[slot].wanted == 0) return nullptr;
  for (std::int32_t at = slots[slot].first; at >= 0; at = tasks[static_cast<std::size_t>(at)].next) {
    TaskView& each = tasks[static_cast<std::size_t>(at)];
    if (each.wanted() && (found == nullptr || each.task->spec.attempt > found->task->spec.attempt)) found = &each;
  }
  return found;
}

TaskView view_of(std::shared_ptr<const Task> task, const HealthRule& rule, const Lens& lens, Plan& plan) {
  TaskView view;
  view.phase = phase_of(*task);
  const ContainerInstance* instance = nullptr;
  if (!lens.notable.empty() && !task->spec.container_instance.empty()) {
    const auto found = lens.notable.find(task->spec.container_instance);
    if (found != lens.notable.end()) instance = found->second.get();
  }
  if (view.phase != Phase::stopped && (instance != nullptr || !task->status.conditions.empty())) {
    const LostVerdict verdict = lost_verdict(*task, instance, lens);
    if (verdict.lost) view.phase = Phase::lost;
    view.waiting = verdict.lost && !verdict.replace;
    if (is_set(verdict.replace_at)) plan.look_again(verdict.replace_at - lens.now);
  }
  if (view.wanted()) {
    view.evicted = instance != nullptr && instance->spec.status == InstanceState::draining;
    view.healthy = is_healthy(*task, rule, lens.now);
    if (!view.healthy) {
      const Time at = healthy_at(*task, rule);
      if (at > lens.now) plan.look_again(at - lens.now);
    }
    if (view.phase == Phase::running && task->status.health_status == HealthStatus::unhealthy) {
      const Time grace = task->status.started_at + std::chrono::seconds(lens.service.spec.health_check_grace_period_seconds);
      view.unhealthy = grace <= lens.now;
      if (!view.unhealthy) plan.look_again(grace - lens.now);
    }
  }
  view.task = std::move(task);
  return view;
}

SetView view_of(const State& state, std::shared_ptr<const TaskSet> set, const Lens& lens, Plan& plan) {
  SetView view;
  if (const auto revision = revision_of(state, set->metadata.ns, set->spec.task_definition)) {
    view.rule = health_rule(revision->spec, lens.service.spec.deployment_configuration.minimum_healthy_time);
  }
  const std::string uid = set->metadata.uid;
  view.set = std::move(set);
  state.each(Index::owner, uid, [&](const ObjectPtr& object) {
    auto task = as<Task>(object);
    if (task == nullptr || task->spec.slot < 0 || task->spec.slot >= limits::tasks_per_service) return true;
    const auto number = static_cast<std::size_t>(task->spec.slot);
    if (number >= view.slots.size()) view.slots.resize(std::max(number + 1, view.slots.size() * 2));
    const std::int32_t attempt = task->spec.attempt;
    TaskView made = view_of(std::move(task), view.rule, lens, plan);
    count(view, made);
    Slot& slot = view.slots[number];
    if (made.wanted()) ++slot.wanted;
    if (made.waiting) ++slot.waiting;
    made.next = slot.first;
    slot.first = static_cast<std::int32_t>(view.tasks.size());
    if (slot.newest < 0 || view.tasks[static_cast<std::size_t>(slot.newest)].task->spec.attempt < attempt) {
      slot.newest = slot.first;
    }
    view.tasks.push_back(std::move(made));
    return true;
  });
  if (view.healthy == 0) {
    for (std::size_t slot = 0; slot < view.slots.size(); ++slot) {
      if (const TaskView* newest = view.newest(slot)) view.failed_tasks += failures_of(*newest);
    }
  }
  return view;
}

bool gave_up(const Task& task) {
  return wants_stop(task) && task.spec.stop_code == StopCode::service_scheduler_initiated &&
         task.spec.stopped_reason.compare(0, scaling_reason.size(), scaling_reason) == 0;
}

bool is_occupied(const SetView& set, std::size_t slot) {
  if (slot >= set.slots.size()) return false;
  if (set.slots[slot].wanted > 0) return true;
  const TaskView* newest = set.newest(slot);
  return newest != nullptr && !gave_up(*newest->task);
}

Attempt attempt_after(const TaskView& newest, std::size_t slot, Time now) {
  Attempt attempt;
  attempt.slot = static_cast<std::int32_t>(slot);
  attempt.attempt = newest.task->spec.attempt + 1;
  if (newest.phase == Phase::stopped) {
    attempt.consecutive_failures = next_consecutive_failures(*newest.task);
    if (attempt.consecutive_failures > 0) attempt.not_before = retry_at(*newest.task, now);
  } else if (newest.phase == Phase::lost) {
    attempt.consecutive_failures = newest.task->spec.consecutive_failures;
  }
  return attempt;
}

std::optional<Attempt> next_attempt(const SetView& set, std::size_t slot, Time now) {
  const TaskView* newest = set.newest(slot);
  if (newest == nullptr) {
    Attempt first;
    first.slot = static_cast<std::int32_t>(slot);
    return first;
  }
  if (set.slots[slot].wanted > 0 || set.slots[slot].waiting > 0) return std::nullopt;
  // Ends by itself: whether that is a failure shows when it has stopped.
  if (newest->phase == Phase::stopping && !wants_stop(*newest->task) && !newest->task->metadata.deleting()) return std::nullopt;
  return attempt_after(*newest, slot, now);
}

}  // namespace muster::service
