#include "controllers/service/plan.h"

#include "api/base/text.h"
#include "controllers/service/circuit_breaker.h"
#include "controllers/service/daemon.h"
#include "controllers/service/deployments.h"
#include "controllers/service/reasons.h"
#include "controllers/service/replica.h"
#include "controllers/service/status.h"
#include "controllers/service/steps.h"

namespace muster::service {

namespace {

// ECS's wording of a minimum and maximum between which nothing can move.
constexpr std::string_view deadlock =
    "was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the "
    "minimumHealthyPercent or maximumPercent value and try again.";

std::string_view family_of(std::string_view definition) {
  return definition.substr(0, definition.find(':'));
}

struct Target {
  std::string definition;  // the revision to run; empty: none
  Trouble trouble;
};

// A definition without active revisions ends no service that runs one of them (ECS: a deregistered one works on).
Target target_of(const State& state, const Service& service, const TaskSet* primary) {
  const std::string& wanted = service.spec.task_definition;
  Target target{resolve_definition(state, service.metadata.ns, wanted), {}};
  if (!target.definition.empty()) return target;
  const bool follows = wanted.find(':') == std::string::npos;
  if (primary != nullptr &&
      (follows ? family_of(primary->spec.task_definition) == wanted : primary->spec.task_definition == wanted)) {
    target.definition = primary->spec.task_definition;
    return target;
  }
  target.trouble = {"TaskDefinitionNotFound",
                    str("is unable to start tasks: the task definition ", wanted, " does not exist.")};
  return target;
}

void begin_rollout(const State& state, const Service& service, const std::string& definition,
                   const std::vector<TaskSetPtr>& sets, Plan& plan) {
  TaskSet next = next_set(state, service, definition, sets);
  plan.actions.emplace_back(Note{std::make_shared<const Service>(service), NoteType::normal, "DeploymentStarted",
                                 str("(service ", service.metadata.name, ") (deployment ", next.spec.deployment_id,
                                     ") deployment of ", definition, " in progress.")});
  plan.actions.emplace_back(Create{share(std::move(next))});
}

std::string_view failed_how(DeploymentFailure failure) {
  switch (failure) {
    case DeploymentFailure::progress_deadline: return "deployment failed: no further task became healthy in time";
    case DeploymentFailure::aborted: return "deployment aborted";
    case DeploymentFailure::none:
    case DeploymentFailure::circuit_breaker: break;
  }
  return "deployment failed: tasks failed to start";
}

// The PRIMARY has been given up; the last good one takes its place.
void begin_rollback(const Service& service, const TaskSet& target, const std::vector<TaskSetPtr>& sets, Plan& plan) {
  plan.actions.emplace_back(
      Note{std::make_shared<const Service>(service), NoteType::warning, "RollingBack",
           str("(service ", service.metadata.name, ") rolling back to deployment ", target.spec.deployment_id, ".")});
  plan.actions.emplace_back(Update{rolled_back_to(target, sets)});
}

}  // namespace

Plan plan(const State& state, const Service& service, const Facts& facts, const NotableInstances& notable,
          const Context& context) {
  Plan plan;
  const std::vector<TaskSetPtr> sets = task_sets_of(state, service);
  const TaskSetPtr primary = primary_of(sets);
  Target target = target_of(state, service, primary.get());
  const bool deleting = service.metadata.deleting();
  const TaskSetPtr asked = asked_for(sets);
  // What was tried and has failed is tried again only when something else is asked for, or a restart.
  const bool failed = asked != nullptr && has_failed(*asked) &&
                      (target.definition.empty() || !needs_rollout(state, service, target.definition, *asked));
  if (!deleting && !failed && !service.spec.paused && !target.definition.empty() &&
      (primary == nullptr || needs_rollout(state, service, target.definition, *primary))) {
    begin_rollout(state, service, target.definition, sets, plan);
    return plan;
  }
  if (primary == nullptr) {
    if (service.spec.paused && target.trouble.reason.empty()) {
      target.trouble = {"DeploymentPaused", "is paused: its first deployment has not begun (muster rollout resume)."};
    }
    report_without_set(service, target.trouble, context.now, plan);
    return plan;
  }

  if (const TaskSetPtr last_good = rollback_target(state, service, sets); last_good != nullptr && !deleting) {
    begin_rollback(service, *last_good, sets, plan);
    return plan;
  }
  TaskSetPtr moved;
  if (!deleting) {
    if (TaskSetPtr next = with_placement_of(service, primary)) {
      plan.actions.emplace_back(Update{std::move(next)});
      moved = primary;
    }
    prune_history(sets, plan);
  }
  Work work{state, service, Lens{service, notable, context.now}, plan, {}, 0, {}, {}, 0, {}, {}, false, nullptr};
  if (failed) work.failed = asked.get();
  work.sets.push_back(view_of(state, facts, primary, work.lens, plan));
  for (const TaskSetPtr& each : sets) {
    if (each != primary && each->status.status != DeploymentStatus::inactive) {
      work.sets.push_back(view_of(state, facts, each, work.lens, plan));
    }
  }
  if (service.spec.scheduling_strategy == SchedulingStrategy::daemon) {
    const DaemonHosts hosts = daemon_hosts(state, service, work.primary().set->spec.task_definition);
    take_stock(work, daemon_count(work.sets, hosts));
    if (!deleting) plan_daemon(work, hosts);
  } else {
    take_stock(work, service.spec.desired_count);
    if (!deleting) plan_replicas(work);
  }
  if (work.deadlocked && target.trouble.reason.empty())
    target.trouble = {"DeploymentConfiguration", std::string(deadlock)};
  const DeploymentFailure failure =
      has_failed(*primary) ? primary->status.failure : giving_up(service, work.primary(), work.desired, context.now);
  if (target.trouble.reason.empty() && (has_failed(*primary) || failure != DeploymentFailure::none)) {
    const std::string told = str("(deployment ", primary->spec.deployment_id, ") ", failed_how(failure));
    target.trouble = {"DeploymentFailed", first_told(service, "DeploymentFailed", told,
                                                     str(told, last_failure(work.primary()), try_again))};
  }
  if (work.sets.size() > 1 && is_set(primary->status.step_healthy_at)) {
    const Time baked = baked_at(service.spec.deployment_configuration, primary->status.step_healthy_at);
    if (baked > context.now) plan.look_again(baked - context.now);
  }
  if (const Time deadline = progress_deadline(service, work.primary()); is_set(deadline) && deadline > context.now) {
    plan.look_again(deadline - context.now);
  }
  note_progress(work);
  report(work, target.trouble, moved);
  return plan;
}

}  // namespace muster::service
