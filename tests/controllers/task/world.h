// A task on a host made of plain values: applies the steps of plans, lets containers live and die.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controllers/task/container_config.h"
#include "controllers/task/plan.h"

namespace muster::task::testing {

inline constexpr Time noon{std::chrono::seconds(1'767'225'600)};

inline constexpr std::int64_t mib = 1 << 20;
inline const Identity identity{"cluster-1", "instance-1", "default", "host-1"};

inline ContainerDefinition container(const std::string& name) {
  ContainerDefinition definition;
  definition.name = name;
  definition.image = "image-of-" + name;
  return definition;
}

inline ContainerDefinition depends(ContainerDefinition definition, const std::string& on,
                                   DependencyCondition condition) {
  definition.depends_on.push_back(ContainerDependency{on, condition});
  return definition;
}

inline ContainerDefinition helper(const std::string& name) {
  ContainerDefinition definition = container(name);
  definition.essential = false;
  return definition;
}

inline DesiredTask task_of(std::vector<ContainerDefinition> containers) {
  DesiredTask desired;
  desired.ns = "default";
  desired.name = "web-0-0-00000000";
  desired.uid = "0123456789abcdef0123456789abcdef";
  desired.spec.task_definition = "web:3";
  desired.spec.group = "service:web";
  TaskDefinitionSpec definition;
  definition.family = "web";
  definition.container_definitions = std::move(containers);
  desired.definition = std::make_shared<const TaskDefinitionSpec>(std::move(definition));
  return desired;
}

struct World {
  explicit World(DesiredTask task) : desired(std::move(task)) {}

  DesiredTask desired;
  TaskMemory memory;
  std::map<std::string, ObservedContainer> host;
  std::map<std::string, int> creations, starts;
  Time now = noon;

  bool has_policy(const std::string& name) const {
    for (const ContainerDefinition& each : desired.definition->container_definitions) {
      if (each.name == name) return each.restart_policy && each.restart_policy->enabled;
    }
    return false;
  }
  std::vector<ObservedContainer> observed() const {
    std::vector<ObservedContainer> out;
    for (const auto& [name, state] : host) out.push_back(state);
    return out;
  }
  TaskPlan look() {
    TaskPlan next = plan(desired, observed(), memory, now);
    memory = next.memory;
    return next;
  }
  void begin(const Step& step) {
    began(memory, step.kind, step.container, now);
    ObservedContainer& state = host[step.container];
    state.name = step.container;
    state.under_way = step.kind;
  }
  // The step has been done.
  void finish(const Step& step) {
    ObservedContainer& state = host.at(step.container);
    state.under_way.reset();
    switch (step.kind) {
      case StepKind::pull: break;
      case StepKind::create:
        ++creations[step.container];
        state.phase = Phase::created;
        state.id = "id-" + step.container;
        break;
      case StepKind::start:
        if (state.phase != Phase::created && !(state.phase == Phase::exited && has_policy(step.container))) break;
        ++starts[step.container];
        state.phase = Phase::running;
        state.started_at = now;
        break;
      case StepKind::stop:
        if (state.phase == Phase::running) exit(step.container, 143);
        break;
      case StepKind::remove: host.erase(step.container); break;
    }
    if (host.contains(step.container) && state.phase == Phase::absent) host.erase(step.container);
    succeeded(memory, step.kind, step.container, now);
  }
  void fail(const Step& step, const std::string& text) {
    ObservedContainer& state = host.at(step.container);
    state.under_way.reset();
    if (state.phase == Phase::absent) host.erase(step.container);
    failed(memory, step.kind, step.container, text, now);
  }
  void exit(const std::string& name, int code) {
    ObservedContainer& state = host.at(name);
    state.phase = Phase::exited;
    state.exit_code = code;
    state.finished_at = now;
  }
  // Plans and does everything until nothing is left to do; answers the steps in order as "create app".
  std::vector<std::string> settle() {
    std::vector<std::string> done;
    for (int turn = 0; turn < 100; ++turn) {
      const TaskPlan next = look();
      if (next.steps.empty()) return done;
      const Step step = next.steps.front();
      constexpr const char* words[] = {"pull ", "create ", "start ", "stop ", "remove "};
      done.push_back(words[static_cast<std::size_t>(step.kind)] + step.container);
      begin(step);
      now += std::chrono::milliseconds(1);
      finish(step);
    }
    done.push_back("never settled");
    return done;
  }
  const TaskStatus& status() const { return memory.status; }
  const ContainerStatus& status(const std::string& name) const {
    return *std::ranges::find(memory.status.containers, name, &ContainerStatus::name);
  }
};

}  // namespace muster::task::testing
