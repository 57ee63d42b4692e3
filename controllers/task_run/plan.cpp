#include "controllers/task_run/plan.h"

#include <algorithm>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/state/revisions.h"
#include "api/types/overrides.h"
#include "controllers/base/health.h"
#include "controllers/base/naming.h"
#include "controllers/task_run/tally.h"

namespace muster::task_run {

namespace {

constexpr std::size_t most_tasks = limits::batch_objects - 16;

Task make_task(const TaskRun& run, const std::string& definition, std::size_t slot, const Task* before) {
  Task task = make<Task>();
  task.spec.slot = static_cast<std::int32_t>(slot);
  if (before != nullptr) {
    task.spec.attempt = before->spec.attempt + 1;
    task.spec.consecutive_failures = is_stopped(*before) ? next_consecutive_failures(*before) : 0;
  }
  task.metadata.ns = run.metadata.ns;
  task.metadata.name = derived_name(run, std::to_string(slot), task.spec.attempt);
  if (labels::legal_value(run.metadata.name)) task.metadata.labels.emplace(labels::task_run, run.metadata.name);
  OwnerReference owner = owner_reference(run);
  owner.controller = true;
  owner.block_owner_deletion = true;
  task.metadata.owner_references.push_back(std::move(owner));
  task.spec.task_definition = definition;
  task.spec.cluster = run.spec.cluster;
  task.spec.group =
      run.spec.group.empty() ? str("family:", definition.substr(0, definition.find(':'))) : run.spec.group;
  task.spec.started_by = run.spec.started_by;
  task.spec.overrides = run.spec.overrides;
  return task;
}

// The task of a slot that has failed may be tried again. A stop that somebody asked for is his last word.
bool may_retry(const Task& task) {
  return is_stopped(task) ? !wants_stop(task) : is_lost(task);
}

struct Outcome {
  enum class Kind { going_on, succeeded, failed } kind = Kind::going_on;
  std::string message;
};

// Starts what is missing; answers whether any slot may still get a task.
bool start_tasks(const TaskRun& run, const Tally& tally, const std::string& definition, Time now, Plan& plan) {
  std::int32_t retries = run.spec.retries - tally.replaced;
  bool open = false;
  std::size_t made = 0;
  for (std::size_t number = 0; number < tally.slots.size(); ++number) {
    const Slot& slot = tally.slots[number];
    if (slot.succeeded) continue;
    if (slot.newest != nullptr && (retries <= 0 || !may_retry(*slot.newest))) continue;
    open = true;
    if (made >= most_tasks) return true;
    if (slot.newest != nullptr) {
      --retries;
      if (is_stopped(*slot.newest)) {
        const Time at = retry_at(*slot.newest, now);
        if (at > now) {
          plan.look_again(at - now);
          continue;
        }
      } else if (!wants_stop(*slot.newest)) {
        // It may still run on its lost host: it must not when the host returns.
        auto next = std::make_shared<Task>(*slot.newest);
        next->spec.desired_status = DesiredStatus::stopped;
        next->spec.stop_code = StopCode::service_scheduler_initiated;
        next->spec.stopped_reason = "The host of the task is lost; another attempt has been started";
        plan.actions.emplace_back(Update{std::move(next)});
        ++made;
      }
    }
    plan.actions.emplace_back(Create{share(make_task(run, definition, number, slot.newest.get()))});
    ++made;
  }
  return open;
}

void set(Conditions& conditions, const TaskRun& run, std::string type, std::string status, std::string reason,
         std::string message, Time now) {
  Condition condition;
  condition.type = std::move(type);
  condition.status = std::move(status);
  condition.observed_generation = run.metadata.generation;
  condition.reason = std::move(reason);
  condition.message = std::move(message);
  set_condition(conditions, std::move(condition), now);
}

void set_conditions(const TaskRun& run, const Outcome& outcome, Time now, Conditions& conditions) {
  switch (outcome.kind) {
    case Outcome::Kind::going_on:
      set(conditions, run, "Succeeded", "Unknown", "Running", outcome.message, now);
      set(conditions, run, "Ready", "False", "Running", outcome.message, now);
      set(conditions, run, "Reconciling", "True", "Running", outcome.message, now);
      return;
    case Outcome::Kind::succeeded:
      set(conditions, run, "Succeeded", "True", "Succeeded", outcome.message, now);
      set(conditions, run, "Ready", "True", "Succeeded", outcome.message, now);
      break;
    case Outcome::Kind::failed:
      set(conditions, run, "Succeeded", "False", "TasksFailed", outcome.message, now);
      set(conditions, run, "Ready", "False", "TasksFailed", outcome.message, now);
      set(conditions, run, "Stalled", "True", "TasksFailed", outcome.message, now);
      break;
  }
  remove_condition(conditions, "Reconciling");
}

Outcome outcome_of(const TaskRun& run, const Tally& tally, bool open) {
  const std::string counts = str(tally.succeeded, " of ", run.spec.count, " tasks succeeded");
  if (tally.succeeded >= run.spec.count) return {Outcome::Kind::succeeded, counts};
  if (open || tally.live > 0) return {Outcome::Kind::going_on, counts};
  std::string message = str(counts, ", ", tally.failed, " failed");
  if (tally.first_failure != nullptr) {
    const std::string& reason = tally.first_failure->status.stopped_reason;
    message += str("; task ", tally.first_failure->metadata.name, " stopped", reason.empty() ? "" : ": ", reason);
  }
  return {Outcome::Kind::failed, message};
}

void write(const TaskRun& run, TaskRunStatus status, Plan& plan) {
  if (status == run.status) return;
  auto next = std::make_shared<TaskRun>(run);
  next->status = std::move(status);
  plan.actions.emplace_back(UpdateStatus{std::move(next)});
}

void note(const TaskRun& run, NoteType type, std::string reason, std::string_view message, Plan& plan) {
  plan.actions.emplace_back(Note{std::make_shared<const TaskRun>(run), type, std::move(reason),
                                 str("(task run ", run.metadata.name, ") ", message)});
}

// Nothing but its time to live concerns a run that has ended.
void expire(const TaskRun& run, Time now, Plan& plan) {
  if (!run.spec.time_to_live.has_value()) return;
  const Time at = run.status.completed_at + *run.spec.time_to_live;
  if (at > now) {
    plan.look_again(at - now);
  } else {
    plan.actions.emplace_back(Delete{std::make_shared<const TaskRun>(run)});
  }
}

// Why no task can be made at all.
struct Obstacle {
  std::string reason, message;  // empty: nothing is in the way
};

Obstacle obstacle_of(const TaskRun& run, const TaskDefinitionRevision* revision) {
  if (revision == nullptr) {
    return {"TaskDefinitionNotFound",
            str("is unable to start tasks: the task definition ", run.spec.task_definition, " does not exist.")};
  }
  std::vector<Cause> causes;
  check_overrides_of(run.spec.overrides, revision->spec, revision->metadata.name, Findings(causes, "spec.overrides"));
  if (causes.empty()) return {};
  return {"InvalidOverride",
          str("is unable to start tasks: ", causes.front().field, ": ", causes.front().message, '.')};
}

// Looked at again when the definition gets another revision.
void stall(const TaskRun& run, const Obstacle& obstacle, Time now, Plan& plan) {
  TaskRunStatus status = run.status;
  status.observed_generation = run.metadata.generation;
  const Condition* known = find_condition(status.conditions, "Stalled");
  if (known == nullptr || known->message != obstacle.message)
    note(run, NoteType::warning, obstacle.reason, obstacle.message, plan);
  set(status.conditions, run, "Succeeded", "Unknown", obstacle.reason, obstacle.message, now);
  set(status.conditions, run, "Ready", "False", obstacle.reason, obstacle.message, now);
  set(status.conditions, run, "Stalled", "True", obstacle.reason, obstacle.message, now);
  write(run, std::move(status), plan);
}

}  // namespace

Plan plan(const State& state, const TaskRun& run, const Context& context) {
  Plan plan;
  if (run.metadata.deleting()) return plan;
  if (is_set(run.status.completed_at)) {
    expire(run, context.now, plan);
    return plan;
  }
  TaskRunStatus status = run.status;
  status.observed_generation = run.metadata.generation;
  // One revision for all its tasks, whatever becomes the newest meanwhile.
  if (status.task_definition.empty()) {
    const auto revision = find_revision(state, run.metadata.ns, run.spec.task_definition);
    if (const Obstacle obstacle = obstacle_of(run, revision.get()); !obstacle.reason.empty()) {
      stall(run, obstacle, context.now, plan);
      return plan;
    }
    status.task_definition = revision->metadata.name;
  }
  remove_condition(status.conditions, "Stalled");
  const Tally tally = tally_of(state, run);
  const bool open = start_tasks(run, tally, status.task_definition, context.now, plan);
  const Outcome outcome = outcome_of(run, tally, open);
  status.pending_count = tally.pending;
  status.running_count = tally.running;
  status.succeeded_count = tally.succeeded;
  status.failed_count = tally.failed;
  status.started_at = tally.first_started;
  set_conditions(run, outcome, context.now, status.conditions);
  if (outcome.kind != Outcome::Kind::going_on) {
    status.completed_at = context.now;
    const auto revision = revision_of(state, run.metadata.ns, status.task_definition);
    const bool well = outcome.kind == Outcome::Kind::succeeded;
    status.exit_code = 0;
    if (!well && tally.first_failure != nullptr) status.exit_code = exit_code_of(*tally.first_failure, revision.get());
    note(run, well ? NoteType::normal : NoteType::warning, well ? "Succeeded" : "TasksFailed", outcome.message + ".",
         plan);
    if (run.spec.time_to_live.has_value()) plan.look_again(*run.spec.time_to_live);
  }
  write(run, std::move(status), plan);
  return plan;
}

}  // namespace muster::task_run
