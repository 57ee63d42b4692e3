#include "controllers/service/work.h"

#include <utility>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/query/query.h"
#include "api/types/eviction.h"
#include "controllers/base/naming.h"

namespace muster::service {

namespace {

// Beside the tasks a plan writes the status of the service and of its sets, and tells what it did.
constexpr std::size_t reserved_actions = 64;
constexpr std::size_t named_tasks = 10;

std::string task_list(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < named_tasks; ++i) out += str(" (task ", names[i], ")");
  if (names.size() > named_tasks) out += str(" and ", names.size() - named_tasks, " more");
  return out + ".";
}

std::shared_ptr<const Task> asked_to_stop(const Task& task, std::string_view reason) {
  Task next = task;
  next.spec.desired_status = DesiredStatus::stopped;
  next.spec.stop_code = StopCode::service_scheduler_initiated;
  next.spec.stopped_reason = reason;
  return std::make_shared<const Task>(std::move(next));
}

std::string_view plural(std::size_t count) {
  return count == 1 ? "" : "s";
}

}  // namespace

void take_stock(Work& work, std::int32_t desired) {
  const DeploymentConfiguration& configuration = work.service.spec.deployment_configuration;
  work.desired = desired;
  work.bounds = bounds_of(desired, configuration.minimum_healthy_percent, configuration.maximum_percent);
  work.counts = Counts{};
  for (const SetView& set : work.sets) {
    work.counts.running += set.running;
    work.counts.pending += set.pending;
    work.counts.stopping += set.stopping;
    work.counts.healthy += set.healthy;
  }
  work.actions_left = limits::batch_objects - reserved_actions;
}

bool start(Work& work, SetView& set, const Attempt& attempt, const Pin* pin) {
  if (work.actions_left == 0) return false;
  --work.actions_left;
  const Service& service = work.service;
  const TaskSet& owner = *set.set;
  Task task = make<Task>();
  task.metadata.ns = owner.metadata.ns;
  task.metadata.name = derived_name(owner, pin != nullptr ? pin->uid : std::to_string(attempt.slot), attempt.attempt);
  for (const auto& [key, value] : service.metadata.labels) {
    if (!key.starts_with(labels::own_domain)) task.metadata.labels.emplace(key, value);
  }
  if (labels::legal_value(service.metadata.name)) task.metadata.labels.emplace(labels::service, service.metadata.name);
  if (labels::legal_value(owner.metadata.name)) task.metadata.labels.emplace(labels::task_set, owner.metadata.name);
  OwnerReference reference = owner_reference(owner);
  reference.controller = true;
  reference.block_owner_deletion = true;
  task.metadata.owner_references.push_back(std::move(reference));
  task.spec.task_definition = owner.spec.task_definition;
  task.spec.cluster = owner.spec.cluster;
  task.spec.group = str("service:", service.metadata.name);
  task.spec.started_by = owner.spec.deployment_id;
  task.spec.slot = attempt.slot;
  task.spec.attempt = attempt.attempt;
  task.spec.consecutive_failures = attempt.consecutive_failures;
  if (pin != nullptr) {
    task.metadata.annotations.emplace(labels::daemon_instance, pin->uid);
    PlacementConstraint only;
    only.type = ConstraintType::member_of;
    only.expression = str("attribute:", query::instance_attribute, " == ", pin->instance);
    task.spec.placement_constraints.push_back(std::move(only));
  }
  work.started.push_back(task.metadata.name);
  work.plan.actions.emplace_back(Create{share(std::move(task))});
  ++work.counts.pending;
  const auto slot = static_cast<std::size_t>(attempt.slot);
  if (slot < set.slots.size()) ++set.slots[slot].wanted;
  return true;
}

std::string_view reason_to_leave(const Work& work, const TaskView& task) {
  if (!task.evicted) return other_image;
  if (task.task->metadata.annotations.contains(evicted_annotation)) return asked_to_leave;
  const auto instance = work.lens.notable.find(task.task->spec.container_instance);
  const bool drains = instance == work.lens.notable.end() || instance->second->spec.status == InstanceState::draining;
  return drains ? draining : tainted;
}

bool stop(Work& work, SetView& set, TaskView& task, std::string_view reason) {
  if (work.actions_left == 0 || !task.wanted()) return false;
  --work.actions_left;
  if (task.phase == Phase::running) {
    --work.counts.running;
    work.stopped.push_back(task.task->metadata.name);
  } else {
    --work.counts.pending;
  }
  if (task.healthy) --work.counts.healthy;
  ++work.counts.stopping;
  task.phase = Phase::stopping;
  task.healthy = false;
  const auto slot = static_cast<std::size_t>(task.slot);
  if (slot < set.slots.size()) --set.slots[slot].wanted;
  auto next = asked_to_stop(*task.task, reason);
  task.task = next.get();
  work.plan.actions.emplace_back(Update{std::move(next)});
  return true;
}

void stop_lost(Work& work, const TaskView& task) {
  if (work.actions_left == 0 || task.phase != Phase::lost || wants_stop(*task.task)) return;
  --work.actions_left;
  work.plan.actions.emplace_back(Update{asked_to_stop(*task.task, scaling(work))});
}

std::string scaling(const Work& work) {
  return str(scaling_reason, " (deployment ", work.sets.front().set->spec.deployment_id, ")");
}

void note_progress(Work& work) {
  const auto regarding = std::make_shared<const Service>(work.service);
  const std::string subject = str("(service ", work.service.metadata.name, ") has ");
  if (const std::size_t n = work.started.size(); n > 0) {
    work.plan.actions.emplace_back(Note{regarding, NoteType::normal, "TasksStarted",
                                        str(subject, "started ", n, " task", plural(n), ":", task_list(work.started))});
  }
  if (const std::size_t n = work.stopped.size(); n > 0) {
    work.plan.actions.emplace_back(
        Note{regarding, NoteType::normal, "TasksStopped",
             str(subject, "stopped ", n, " running task", plural(n), ":", task_list(work.stopped))});
  }
}

}  // namespace muster::service
