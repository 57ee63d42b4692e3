#include "controllers/service/status.h"

#include <algorithm>

#include "api/base/text.h"
#include "controllers/base/naming.h"
#include "controllers/service/circuit_breaker.h"
#include "controllers/service/reasons.h"
#include "controllers/service/steps.h"

namespace muster::service {

namespace {

// A service of many tasks does not write its counts for each task that moves.
constexpr std::int32_t many_tasks = 100;
// A deployment whose tasks fail again and again so soon after its completion was never complete.
constexpr Duration trial_time = std::chrono::minutes(2);
constexpr Duration count_interval = std::chrono::milliseconds(200);

std::shared_ptr<const Service> shared(const Service& service) {
  return std::make_shared<const Service>(service);
}

void note(Work& work, NoteType type, std::string reason, std::string message) {
  work.plan.actions.emplace_back(Note{shared(work.service), type, std::move(reason), std::move(message)});
}

// Only the PRIMARY has tasks, as many as wanted, all of them healthy.
bool is_steady(const Work& work) {
  const SetView& primary = work.sets.front();
  for (std::size_t i = 1; i < work.sets.size(); ++i) {
    if (work.sets[i].has_live_tasks()) return false;
  }
  return work.started.empty() && work.stopped.empty() && primary.running == work.desired &&
         primary.healthy == work.desired && primary.proving == 0 && primary.pending == 0 && primary.stopping == 0;
}

// An older deployment that has no task and will get none.
bool is_over(const Work& work, const SetView& set) {
  if (set.has_live_tasks()) return false;
  // What was given up is started nowhere again.
  const bool needed = !has_failed(*set.set) && needed_of_old(work.desired, work.sets.front().healthy) > 0 &&
                      work.service.spec.scheduling_strategy == SchedulingStrategy::replica;
  for (std::size_t slot = 0; slot < set.slots.size(); ++slot) {
    if (needed && is_occupied(set, slot)) return false;
  }
  return std::none_of(set.tasks.begin(), set.tasks.end(),
                      [](const TaskView& each) { return each.phase == Phase::lost && !wants_stop(*each.task); });
}

std::int32_t wanted_of(const SetView& set) {
  std::int32_t count = 0;
  for (const Slot& each : set.slots) count += each.wanted;
  return count;
}

// ECS's words, where it has any.
std::string state_reason(const Work& work, const SetView& set, const TaskSetStatus& status) {
  const SetView& primary = work.sets.front();
  if (status.rollout_state == RolloutState::failed) {
    const bool rolled_back = set.set.get() == work.failed && primary.set != set.set;
    const std::string back = str("rolling back to deploymentId ", primary.set->spec.deployment_id, ".");
    switch (status.failure) {
      case DeploymentFailure::progress_deadline:
        return str("ECS deployment progress deadline: ", rolled_back ? back : "no further task became healthy.");
      case DeploymentFailure::aborted: return str("ECS deployment aborted", rolled_back ? ": " + back : ".");
      case DeploymentFailure::none:
      case DeploymentFailure::circuit_breaker: break;
    }
    return str("ECS deployment circuit breaker: ", rolled_back ? back : "task failed to start.");
  }
  return str("ECS deployment ", set.set->spec.deployment_id,
             status.rollout_state == RolloutState::completed ? " completed."
             : work.service.spec.paused                      ? " in progress: paused."
             : set.broken                                    ? " in progress: its tasks keep failing."
                                                             : " in progress.");
}

// Since when there has been no progress: not while it is paused, and anew when it goes on.
void note_progress_of(const Work& work, const SetView& set, TaskSetStatus& status) {
  const bool counts = work.service.spec.deployment_configuration.progress_deadline > Duration::zero();
  if (!counts || status.rollout_state != RolloutState::in_progress) return;
  if (work.service.spec.paused || is_set(status.step_healthy_at)) {
    status.progressed_at = Time{};
  } else if (set.healthy > status.progress || !is_set(status.progressed_at)) {
    status.progressed_at = work.lens.now;
  }
  status.progress = std::max(status.progress, set.healthy);
}

TaskSetStatus next_status(const Work& work, std::size_t index, bool steady) {
  const SetView& set = work.sets[index];
  TaskSetStatus status = set.set->status;
  status.observed_generation = set.set->metadata.generation;
  status.running_count = set.running;
  status.pending_count = set.pending;
  status.failed_tasks = set.failed_tasks;
  status.container_images = set.images;
  if (index == 0) {
    // Rolled back to. One that has failed comes here when those after it are deleted, and stays what it is.
    if (status.status != DeploymentStatus::primary && status.rollout_state != RolloutState::failed) {
      status.rollout_state = RolloutState::in_progress;
      status.completed_at = Time{};
      status.progress = status.step = 0;
      status.progressed_at = status.step_healthy_at = Time{};
    }
    status.status = DeploymentStatus::primary;
    status.desired_count = work.desired;
    const DeploymentFailure failure = giving_up(work.service, set, work.desired, work.lens.now);
    if (status.rollout_state == RolloutState::failed || failure != DeploymentFailure::none) {
      if (status.rollout_state != RolloutState::failed) status.failure = failure;
      status.rollout_state = RolloutState::failed;
    } else if (steady && status.rollout_state != RolloutState::completed) {
      status.rollout_state = RolloutState::completed;
      status.completed_at = work.lens.now;
    } else if (!steady && set.broken && status.rollout_state == RolloutState::completed &&
               work.lens.now < status.completed_at + trial_time) {
      // It had been complete only for as long as a command needs to fail.
      status.rollout_state = RolloutState::in_progress;
      status.completed_at = Time{};
    }
    if (work.sets.size() > 1) note_step(work.service, set, work.desired, work.lens.now, status);
    note_progress_of(work, set, status);
  } else {
    status.status = is_over(work, set) ? DeploymentStatus::inactive : DeploymentStatus::active;
    status.desired_count = wanted_of(set);
  }
  status.rollout_state_reason = state_reason(work, set, status);
  return status;
}

bool has_same_shape(TaskSetStatus a, const TaskSetStatus& b) {
  a.running_count = b.running_count;
  a.pending_count = b.pending_count;
  a.failed_tasks = b.failed_tasks;
  a.desired_count = b.desired_count;
  a.updated_at = b.updated_at;
  a.progress = b.progress;
  a.progressed_at = b.progressed_at;
  return a == b;
}

Deployment deployment_of(const TaskSet& set, const TaskSetStatus& status) {
  Deployment out;
  out.id = set.spec.deployment_id;
  out.status = status.status;
  out.task_definition = set.spec.task_definition;
  out.task_set = set.metadata.name;
  out.desired_count = status.desired_count;
  out.pending_count = status.pending_count;
  out.running_count = status.running_count;
  out.failed_tasks = status.failed_tasks;
  out.rollout_state = status.rollout_state;
  out.rollout_state_reason = status.rollout_state_reason;
  out.created_at = set.metadata.creation_timestamp;
  out.updated_at = status.updated_at;
  return out;
}

Condition condition(const Service& service, std::string type, std::string status, std::string reason,
                    std::string message) {
  Condition out;
  out.type = std::move(type);
  out.status = std::move(status);
  out.observed_generation = service.metadata.generation;
  out.reason = std::move(reason);
  out.message = std::move(message);
  return out;
}

// A service that was rolled back may be well; what it was asked for is not what it does.
void set_stalled(const Work& work, Conditions& conditions) {
  const TaskSet* failed = work.failed;
  if (failed == nullptr || failed == work.sets.front().set.get()) return remove_condition(conditions, "Stalled");
  const bool aborted = failed->status.failure == DeploymentFailure::aborted;
  const std::string told = str("(deployment ", failed->spec.deployment_id, ") of ", failed->spec.task_definition,
                               aborted ? " was aborted" : " failed", " and was rolled back to ",
                               work.sets.front().set->spec.task_definition);
  const auto view = std::ranges::find(work.sets, failed, [](const SetView& each) { return each.set.get(); });
  const std::string why = view == work.sets.end() ? std::string() : last_failure(*view);
  set_condition(conditions,
                condition(work.service, "Stalled", "True", "RolledBack",
                          first_told(work.service, "RolledBack", told, str(told, why, try_again))),
                work.lens.now);
}

void set_conditions(const Work& work, const Trouble& trouble, bool steady, Conditions& conditions) {
  const Service& service = work.service;
  const Time now = work.lens.now;
  const std::string counts = str(work.counts.healthy, " of ", work.desired, " tasks are healthy");
  if (steady && trouble.reason.empty()) {
    set_condition(conditions, condition(service, "Ready", "True", "SteadyState", counts), now);
    remove_condition(conditions, "Reconciling");
    set_stalled(work, conditions);
    return;
  }
  const bool completed = work.sets.front().set->status.rollout_state == RolloutState::completed;
  const SetView& primary = work.sets.front();
  const bool paused = service.spec.paused && !completed;
  const std::string reason = primary.broken || primary.proving > 0 ? "TasksFailing"
                             : paused                              ? "DeploymentPaused"
                             : completed                           ? "ReplacingTasks"
                                                                   : "DeploymentInProgress";
  if (!trouble.reason.empty()) {
    set_condition(conditions, condition(service, "Ready", "False", trouble.reason, trouble.message), now);
    set_condition(conditions, condition(service, "Stalled", "True", trouble.reason, trouble.message), now);
    remove_condition(conditions, "Reconciling");
    return;
  }
  std::string message = counts;
  if (paused) {
    message += str("; paused with ", primary.running, " of ", work.desired, " tasks of ",
                   primary.set->spec.task_definition, " (muster rollout resume)");
  }
  if (work.sets.size() > 1) message += step_text(service, primary, work.desired);
  message += hindrance(work);
  if (const Time deadline = progress_deadline(service, primary); is_set(deadline)) {
    message += str("; given up at ", format_time(deadline), " if no further task becomes healthy");
  }
  set_condition(conditions, condition(service, "Ready", "False", reason, message), now);
  set_condition(conditions, condition(service, "Reconciling", "True", reason, message), now);
  set_stalled(work, conditions);
}

bool has_same_shape(ServiceStatus a, const ServiceStatus& b) {
  a.running_count = b.running_count;
  a.pending_count = b.pending_count;
  a.healthy_count = b.healthy_count;
  a.deployments = b.deployments;
  if (a.conditions.size() != b.conditions.size()) return false;
  for (std::size_t i = 0; i < a.conditions.size(); ++i) a.conditions[i].message = b.conditions[i].message;
  return a == b;
}

std::string selector_of(const Service& service) {
  if (!labels::legal_value(service.metadata.name)) return {};
  return str(labels::service, "=", service.metadata.name);
}

void tell_transitions(Work& work, bool steady, const TaskSetStatus& primary, const Trouble& trouble) {
  const std::string subject = str("(service ", work.service.metadata.name, ")");
  const SetView& set = work.primary();
  if (primary.rollout_state == RolloutState::completed && set.set->status.rollout_state != RolloutState::completed) {
    note(work, NoteType::normal, "DeploymentCompleted",
         str(subject, " (deployment ", set.set->spec.deployment_id, ") deployment completed."));
  }
  const Conditions& before = work.service.status.conditions;
  if (steady && trouble.reason.empty() && !is_true(before, "Ready")) {
    note(work, NoteType::normal, "SteadyState", str(subject, " has reached a steady state."));
  }
  const Condition* stalled = find_condition(before, "Stalled");
  if (!trouble.reason.empty() &&
      (stalled == nullptr || stalled->reason != trouble.reason || stalled->message != trouble.message)) {
    note(work, NoteType::warning, trouble.reason, str(subject, " ", trouble.message));
  }
}

}  // namespace

void report(Work& work, const Trouble& trouble, const TaskSetPtr& moved) {
  const bool steady = is_steady(work);
  const Service& service = work.service;
  ServiceStatus status = service.status;
  std::vector<TaskSetStatus> of_sets;
  bool only_counts = true;
  for (std::size_t i = 0; i < work.sets.size(); ++i) {
    of_sets.push_back(next_status(work, i, steady));
    only_counts = only_counts && has_same_shape(of_sets.back(), work.sets[i].set->status);
  }
  status.observed_generation = service.metadata.generation;
  status.status = service.metadata.deleting() ? "DRAINING" : "ACTIVE";
  status.task_definition = work.primary().set->spec.task_definition;
  status.desired_count = work.desired;
  status.running_count = status.pending_count = status.healthy_count = 0;
  for (const SetView& set : work.sets) {
    status.running_count += set.running;
    status.pending_count += set.pending;
    status.healthy_count += set.healthy;
  }
  status.selector = selector_of(service);
  set_conditions(work, trouble, steady, status.conditions);
  only_counts = only_counts && has_same_shape(status, service.status);

  const Duration since = work.lens.now - work.primary().set->status.updated_at;
  const bool coalesce = work.desired > many_tasks && only_counts && since >= Duration::zero() && since < count_interval;
  bool changed = false;
  for (std::size_t i = 0; i < work.sets.size(); ++i) {
    const TaskSetPtr& set = work.sets[i].set;
    if (of_sets[i] == set->status || set == moved) continue;
    changed = true;
    if (coalesce) continue;
    of_sets[i].updated_at = work.lens.now;
    auto next = std::make_shared<TaskSet>(*set);
    next->status = of_sets[i];
    work.plan.actions.emplace_back(UpdateStatus{std::move(next)});
  }
  status.deployments.clear();
  for (std::size_t i = 0; i < work.sets.size(); ++i) {
    if (of_sets[i].status == DeploymentStatus::inactive) continue;
    status.deployments.push_back(deployment_of(*work.sets[i].set, of_sets[i]));
  }
  changed = changed || status != service.status;
  if (coalesce) {
    if (changed) work.plan.look_again(count_interval - since);
    return;
  }
  tell_transitions(work, steady, of_sets.front(), trouble);
  if (status == service.status) return;
  auto next = std::make_shared<Service>(service);
  next->status = std::move(status);
  work.plan.actions.emplace_back(UpdateStatus{std::move(next)});
}

void report_without_set(const Service& service, const Trouble& trouble, Time now, Plan& plan) {
  ServiceStatus status = service.status;
  status.observed_generation = service.metadata.generation;
  status.status = service.metadata.deleting() ? "DRAINING" : "ACTIVE";
  status.task_definition.clear();
  status.desired_count =
      service.spec.scheduling_strategy == SchedulingStrategy::replica ? service.spec.desired_count : 0;
  status.running_count = status.pending_count = status.healthy_count = 0;
  status.deployments.clear();
  status.selector = selector_of(service);
  if (!trouble.reason.empty()) {
    set_condition(status.conditions, condition(service, "Ready", "False", trouble.reason, trouble.message), now);
    set_condition(status.conditions, condition(service, "Stalled", "True", trouble.reason, trouble.message), now);
    remove_condition(status.conditions, "Reconciling");
    const Condition* stalled = find_condition(service.status.conditions, "Stalled");
    if (stalled == nullptr || stalled->message != trouble.message) {
      plan.actions.emplace_back(Note{shared(service), NoteType::warning, trouble.reason,
                                     str("(service ", service.metadata.name, ") ", trouble.message)});
    }
  }
  if (status == service.status) return;
  auto next = std::make_shared<Service>(service);
  next->status = std::move(status);
  plan.actions.emplace_back(UpdateStatus{std::move(next)});
}

}  // namespace muster::service
