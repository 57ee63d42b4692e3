#include "controllers/scheduler/requirement.h"

#include <utility>

#include "api/base/text.h"
#include "api/types/builtin.h"
#include "api/types/host_access.h"
#include "api/types/service.h"
#include "api/types/task_run.h"
#include "controllers/base/health.h"

namespace muster::scheduler {
namespace {

void add_constraints(const std::vector<PlacementConstraint>& constraints, std::string_view whose, Requirement& out) {
  for (const auto& each : constraints) {
    if (each.type == ConstraintType::distinct_instance) {
      out.distinct_instance = true;
      continue;
    }
    auto query = query::Query::parse(each.expression);
    if (!query.ok()) {
      out.problem = str("placement constraint of the ", whose, ": ", query.error().message);
      return;
    }
    out.reads_tasks = out.reads_tasks || query->reads_tasks();
    if (auto name = query->only_instance()) out.only_instance = std::move(*name);
    out.member_of.push_back(std::move(query).value());
  }
}

// Where the strategies come from: a TaskSet or TaskRun speaks for its tasks, else the task for itself.
const std::vector<PlacementStrategy>* add_owner(const State& state, const Task& task, Requirement& out) {
  const OwnerReference* owner = controller_of(task.metadata);
  if (owner == nullptr) return &task.spec.placement_strategy;
  if (owner->kind == kind_of<TaskSet>().kind) {
    const auto set = state.get<TaskSet>(task.metadata.ns, owner->name);
    if (set != nullptr && set->metadata.uid == owner->uid) {
      out.service = set->spec.service;
      add_constraints(set->spec.placement_constraints, "task set", out);
      return &set->spec.placement_strategy;
    }
  } else if (owner->kind == kind_of<TaskRun>().kind) {
    const auto run = state.get<TaskRun>(task.metadata.ns, owner->name);
    if (run != nullptr && run->metadata.uid == owner->uid) {
      add_constraints(run->spec.placement_constraints, "task run", out);
      return &run->spec.placement_strategy;
    }
  } else {
    return &task.spec.placement_strategy;
  }
  out.problem = str("its ", owner->kind, " ", owner->name, " does not exist");
  return nullptr;
}

// What a namespace allows of power over the hosts may be less than when the definition was written.
std::string refused_power(const State& state, const Task& task, const TaskDefinitionSpec& definition) {
  if (host_access_of(definition).empty()) return {};
  const auto ns = state.get<Namespace>({}, task.metadata.ns);
  return ns == nullptr ? str("namespace ", task.metadata.ns, " does not exist") : refused_host_access(definition, *ns);
}

}  // namespace

std::string group_of(const Task& task) {
  return str(task.metadata.ns, "/", task.spec.group);
}

std::string requirement_key(const Task& task) {
  std::string key = task.metadata.ns;
  const auto add = [&key](std::string_view text) {
    key += '\n';
    key += text;
  };
  const OwnerReference* owner = controller_of(task.metadata);
  add(owner != nullptr ? owner->uid : std::string_view());
  add(task.spec.task_definition);
  add(task.spec.group);
  for (const auto& each : task.spec.placement_constraints) {
    add(each.type == ConstraintType::distinct_instance ? std::string_view("distinct")
                                                       : std::string_view(each.expression));
  }
  for (const auto& each : task.spec.placement_strategy) {
    add(each.type == StrategyType::random ? "random" : each.type == StrategyType::spread ? "spread" : "binpack");
    add(each.field);
  }
  const auto& overrides = task.spec.overrides;
  if (!overrides.cpu.empty() || !overrides.memory.empty()) add(str("override ", overrides.cpu, " ", overrides.memory));
  for (const auto& each : overrides.container_overrides) {
    if (!each.cpu && !each.memory && !each.memory_reservation && each.resource_requirements.empty()) continue;
    add(str("override ", each.name, " ", each.cpu.value_or(-1), " ", each.memory.value_or(-1), " ",
            each.memory_reservation.value_or(-1), " ", gpus_of(each.resource_requirements)));
  }
  return key;
}

Requirement resolve(const State& state, const Task& task) {
  Requirement out;
  out.ns = task.metadata.ns;
  out.group = group_of(task);
  const auto revision = revision_of(state, task.metadata.ns, task.spec.task_definition);
  if (revision == nullptr) {
    out.problem = str("task definition ", task.spec.task_definition, " does not exist");
    return out;
  }
  out.need = resources_of_task(task, revision.get());
  out.tolerations = revision->spec.tolerations;
  out.problem = refused_power(state, task, revision->spec);
  if (!out.problem.empty()) return out;
  add_constraints(revision->spec.placement_constraints, "task definition", out);
  const auto* strategies = add_owner(state, task, out);
  add_constraints(task.spec.placement_constraints, "task", out);
  if (!out.problem.empty() || strategies == nullptr) return out;
  auto ranking = ranking_of(*strategies);
  if (ranking.ok()) {
    out.ranking = std::move(ranking).value();
  } else {
    out.problem = str("placement strategy: ", ranking.error().message);
  }
  return out;
}

}  // namespace muster::scheduler
