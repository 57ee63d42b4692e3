#include "controllers/service/slots.h"

#include <algorithm>
#include <unordered_map>

#include "controllers/base/naming.h"
#include "controllers/service/images.h"

namespace muster::service {

namespace {

// What the silence of its host means for a task: the instance controller's condition, or the service's own `lostAfter`.
struct LostVerdict {
  bool lost = false;     // counts as neither running nor pending
  bool replace = false;  // its replacement is due
  Time replace_at{};     // when it will be due; unset: not by time alone
};

LostVerdict lost_verdict(const TaskFacts& task, const ContainerInstance* instance, const Lens& lens) {
  LostVerdict verdict;
  verdict.lost = task.phase == Phase::lost;
  verdict.replace = verdict.lost;
  const std::optional<Duration>& own = lens.service.spec.lost_after;
  if (!own.has_value() || instance == nullptr) return verdict;
  const AgentConnection& agent = instance->status.agent;
  if (agent.connected && instance->status.connection != Connection::suspect && !verdict.lost) return verdict;
  const Time due = std::max(agent.last_heard + *own, agent.away_until);
  verdict.replace = due <= lens.now;
  verdict.lost = verdict.lost || verdict.replace;
  if (!verdict.replace) verdict.replace_at = due;
  return verdict;
}

// As its stop will count; a failing check counts at once.
bool is_failing(const TaskView& task) {
  return task.unhealthy || (task.phase == Phase::stopping && failed_its_checks(*task.task));
}

// Healthy tasks end a row of failures (ECS: failedTasks).
std::int32_t failures_of(const TaskView& newest) {
  return newest.phase == Phase::stopped ? next_consecutive_failures(*newest.task)
                                        : newest.task->spec.consecutive_failures + (is_failing(newest) ? 1 : 0);
}

void count(SetView& view, const TaskView& task) {
  switch (task.phase) {
    case Phase::pending: ++view.pending; break;
    case Phase::running: ++view.running; break;
    case Phase::stopping: ++view.stopping; break;
    case Phase::lost: ++view.lost; break;
    case Phase::stopped: break;
  }
  view.drifted = view.drifted || task.drifted;
  if (task.healthy) ++view.healthy;
  if (task.proving) ++view.proving;
}

// Every attempt of the slot has failed, the second one too.
bool never_stayed(const TaskView& newest) {
  const std::int32_t failures = failures_of(newest);
  const bool ended = newest.phase == Phase::stopped || is_failing(newest);
  const std::int32_t attempts = newest.attempt + (ended ? 1 : 0);
  return failures > 1 && failures >= attempts;
}

}  // namespace

bool is_notable(const ContainerInstance& instance) {
  const bool moves_tasks = instance.spec.status == InstanceState::draining ||
                           std::ranges::any_of(instance.spec.taints, [](const Taint& each) {
                             return each.effect == TaintEffect::no_execute;
                           });
  return moves_tasks || instance.status.connection != Connection::connected || !instance.status.agent.connected;
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
    if (each.wanted() && (found == nullptr || each.attempt > found->attempt)) found = &each;
  }
  return found;
}

namespace {

// What the tasks of a set are compared with.
struct Expected {
  const HealthRule& rule;
  const std::vector<Toleration>* tolerations;  // null: of a definition that is not known
  const std::vector<ContainerImage>& images;
  std::uint64_t images_hash = 0;
};

bool must_leave(const ContainerInstance& instance, const std::vector<Toleration>* tolerations) {
  if (instance.spec.status == InstanceState::draining) return true;
  return tolerations != nullptr && untolerated(instance.spec.taints, *tolerations, TaintEffect::no_execute) != nullptr;
}

TaskView view_of(const TaskFacts& facts, const Expected& expected, const Lens& lens, Plan& plan) {
  const HealthRule& rule = expected.rule;
  TaskView view;
  view.task = facts.task.get();
  view.slot = facts.slot;
  view.attempt = facts.attempt;
  view.phase = facts.phase;
  if (facts.phase == Phase::stopped) return view;
  const ContainerInstance* instance = nullptr;
  if (!lens.notable.empty() && !facts.task->spec.container_instance.empty()) {
    const auto found = lens.notable.find(facts.task->spec.container_instance);
    if (found != lens.notable.end()) instance = found->second.get();
  }
  if (instance != nullptr || facts.phase == Phase::lost) {
    const LostVerdict verdict = lost_verdict(facts, instance, lens);
    if (verdict.lost) view.phase = Phase::lost;
    view.waiting = verdict.lost && !verdict.replace;
    if (is_set(verdict.replace_at)) plan.look_again(verdict.replace_at - lens.now);
  }
  if (!view.wanted()) return view;
  view.evicted = facts.evicted || (instance != nullptr && must_leave(*instance, expected.tolerations));
  view.drifted = facts.images != 0 && facts.images != expected.images_hash && differs(*facts.task, expected.images);
  if (view.phase != Phase::running) return view;
  view.healthy = is_healthy(facts.health, facts.readiness, facts.started_at, rule, lens.now);
  const Time proven = proven_at(facts.failures, facts.started_at);
  view.proving = is_set(proven) && lens.now < proven;
  if (view.proving) plan.look_again(proven - lens.now);
  const bool waits = !rule.readiness || facts.readiness == ReadinessStatus::ready;
  if (!view.healthy && waits && rule.by == HealthRule::By::time) {
    plan.look_again(facts.started_at + rule.minimum_healthy_time - lens.now);
  }
  if (rule.by == HealthRule::By::check && facts.health == HealthStatus::unhealthy) {
    const Time grace = facts.started_at + std::chrono::seconds(lens.service.spec.health_check_grace_period_seconds);
    view.unhealthy = grace <= lens.now;
    if (!view.unhealthy) plan.look_again(grace - lens.now);
  }
  return view;
}

// Of each slot, and of each instance of a DAEMON, whose tasks all have the same slot.
std::vector<const TaskView*> newest_attempts(const SetView& view) {
  std::vector<const TaskView*> out;
  std::unordered_map<std::string_view, const TaskView*> of_instances;
  for (const TaskView& each : view.tasks) {
    const std::string_view instance = daemon_instance(*each.task);
    if (instance.empty()) continue;
    const TaskView*& newest = of_instances[instance];
    if (newest == nullptr || newest->attempt < each.attempt) newest = &each;
  }
  out.reserve(of_instances.size());
  for (const auto& [instance, newest] : of_instances) out.push_back(newest);
  if (!out.empty()) return out;
  for (std::size_t slot = 0; slot < view.slots.size(); ++slot) {
    if (const TaskView* newest = view.newest(slot)) out.push_back(newest);
  }
  return out;
}

void add(SetView& view, TaskView task) {
  const auto number = static_cast<std::size_t>(task.slot);
  if (number >= view.slots.size()) view.slots.resize(number + 1);
  count(view, task);
  Slot& slot = view.slots[number];
  if (task.wanted()) ++slot.wanted;
  if (task.waiting) ++slot.waiting;
  task.next = slot.first;
  slot.first = static_cast<std::int32_t>(view.tasks.size());
  if (task.attempt > slot.newest_attempt) {
    slot.newest = slot.first;
    slot.newest_attempt = task.attempt;
  }
  view.tasks.push_back(task);
}

}  // namespace

std::string_view daemon_instance(const Task& task) {
  const auto found = task.metadata.annotations.find(labels::daemon_instance);
  return found == task.metadata.annotations.end() ? std::string_view{} : std::string_view(found->second);
}

SetView view_of(const State& state, const Facts& facts, std::shared_ptr<const TaskSet> set, const Lens& lens,
                Plan& plan) {
  SetView view;
  const std::vector<TaskFacts>& tasks = facts.of(set->metadata.uid);
  view.images = set->status.container_images;
  const auto revision = revision_of(state, set->metadata.ns, set->spec.task_definition);
  if (revision != nullptr) {
    view.rule = health_rule(revision->spec, lens.service.spec.deployment_configuration.minimum_healthy_time);
    view.images = establish_images(view.images, revision->spec, tasks);
  }
  const Expected expected{view.rule, revision == nullptr ? nullptr : &revision->spec.tolerations, view.images,
                          images_hash(view.images)};
  view.set = std::move(set);
  view.tasks.reserve(tasks.size());
  // They are in order of their slots.
  if (!tasks.empty()) view.slots.reserve(static_cast<std::size_t>(tasks.back().slot) + 1);
  for (const TaskFacts& each : tasks) {
    if (each.task != nullptr) add(view, view_of(each, expected, lens, plan));
  }
  if (view.healthy <= view.proving) {
    for (const TaskView* newest : newest_attempts(view)) {
      view.failed_tasks += failures_of(*newest);
      view.broken = view.broken || never_stayed(*newest);
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
  attempt.attempt = newest.attempt + 1;
  if (newest.phase == Phase::stopped) {
    attempt.consecutive_failures = next_consecutive_failures(*newest.task);
    if (attempt.consecutive_failures > 0) attempt.not_before = retry_at(*newest.task, now);
  } else if (newest.phase == Phase::lost || is_failing(newest)) {
    attempt.consecutive_failures = failures_of(newest);
  }
  return attempt;
}

bool decides_when_stopped(const TaskView& newest) {
  if (newest.phase != Phase::stopping) return false;
  return failed_its_checks(*newest.task) || (!wants_stop(*newest.task) && !newest.task->metadata.deleting());
}

std::optional<Attempt> next_attempt(const SetView& set, std::size_t slot, Time now) {
  const TaskView* newest = set.newest(slot);
  if (newest == nullptr) {
    Attempt first;
    first.slot = static_cast<std::int32_t>(slot);
    return first;
  }
  if (set.slots[slot].wanted > 0 || set.slots[slot].waiting > 0) return std::nullopt;
  if (decides_when_stopped(*newest)) return std::nullopt;
  return attempt_after(*newest, slot, now);
}

}  // namespace muster::service
