// ECS's rules for task definitions (RegisterTaskDefinition).
#include <algorithm>
#include <optional>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/describe.h"
#include "api/schema/encode.h"
#include "api/types/checks.h"
#include "api/types/host_names.h"
#include "api/types/names.h"
#include "api/types/task_size.h"

namespace muster {
namespace {

using Containers = std::vector<ContainerDefinition>;

std::optional<std::size_t> position(const Containers& containers, std::string_view name) {
  for (std::size_t i = 0; i < containers.size(); ++i) {
    if (containers[i].name == name) return i;
  }
  return std::nullopt;
}

std::string_view link_target(std::string_view link) {
  return link.substr(0, link.find(':'));
}

// Whether the text reaches a program whole.
bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

void check_memory(const TaskDefinitionSpec& spec, const Findings& findings) {
  const auto task_memory = parse_memory(spec.memory);
  const auto task_cpu = parse_cpu(spec.cpu);
  std::int64_t memory = 0;
  std::int64_t cpu = 0;
  for (std::size_t i = 0; i < spec.container_definitions.size(); ++i) {
    const ContainerDefinition& container = spec.container_definitions[i];
    const Findings at = findings.under("containerDefinitions", i);
    if (!container.memory && !container.memory_reservation && spec.memory.empty()) {
      at.required("memory", str("Invalid setting for container '", container.name,
                                "'. At least one of 'memory' or 'memoryReservation' must be specified."));
    }
    if (container.memory && container.memory_reservation && *container.memory <= *container.memory_reservation) {
      at.invalid("memory", *container.memory,
                 str("must be greater than memoryReservation (", *container.memory_reservation, ")"));
    }
    if (task_memory && container.memory_reservation && *container.memory_reservation > *task_memory) {
      at.invalid("memoryReservation", *container.memory_reservation,
                 str("must not be greater than the memory of the task (", *task_memory, " MiB)"));
    }
    memory += container.memory.value_or(0);
    cpu += container.cpu;
  }
  if (task_memory && memory > *task_memory) {
    findings.invalid("memory", spec.memory,
                     str("must not be less than the sum of the containers' memory (", memory, " MiB)"));
  }
  if (task_cpu && cpu > *task_cpu) {
    findings.invalid("cpu", spec.cpu, str("must not be less than the sum of the containers' cpu (", cpu, ")"));
  }
}

void check_limits(const TaskDefinitionSpec& spec, const ContainerDefinition& container, const Findings& at) {
  if (container.linux_parameters && container.linux_parameters->max_swap && !container.memory && spec.memory.empty()) {
    at.under("linuxParameters")
        .invalid("maxSwap", *container.linux_parameters->max_swap,
                 "needs the container's memory or the task's: swap is counted beside a hard limit");
  }
  for (std::size_t i = 0; i < container.ulimits.size(); ++i) {
    const Ulimit& limit = container.ulimits[i];
    if (limit.hard_limit == -1) continue;
    if (limit.soft_limit == -1 || limit.soft_limit > limit.hard_limit) {
      at.under("ulimits", i)
          .invalid("softLimit", limit.soft_limit, str("must not be above hardLimit (", limit.hard_limit, ")"));
    }
  }
}

void check_links(const TaskDefinitionSpec& spec, const ContainerDefinition& container, const Findings& at) {
  if (container.links.empty()) return;
  if (spec.network_mode != NetworkMode::bridge) {
    at.forbidden("links", str("may not be used with networkMode ", name_of(spec.network_mode)));
    return;
  }
  if (container.disable_networking) at.forbidden("links", "may not be used with disableNetworking");
  for (std::size_t i = 0; i < container.links.size(); ++i) {
    const std::string& link = container.links[i];
    const std::string path = str("links[", i, ']');
    const std::string_view target = link_target(link);
    const std::string_view alias =
        target.size() < link.size() ? std::string_view(link).substr(target.size() + 1) : target;
    if (!is_ecs_name(target) || !is_ecs_name(alias)) {
      at.invalid(path, link, "must be the name of a container, or \"name:alias\"");
    } else if (target == container.name) {
      at.invalid(path, link, "must not be the container itself");
    } else if (!position(spec.container_definitions, target)) {
      at.not_found(path, target);
    }
  }
}

void check_dependency(const Containers& containers, const ContainerDefinition& container,
                      const ContainerDependency& dependency, const Findings& at) {
  if (dependency.container_name == container.name) {
    at.invalid("containerName", dependency.container_name, "must not be the container itself");
    return;
  }
  const auto index = position(containers, dependency.container_name);
  if (!index) {
    if (!dependency.container_name.empty()) at.not_found("containerName", dependency.container_name);
    return;
  }
  const ContainerDefinition& target = containers[*index];
  const std::string_view condition = name_of(dependency.condition);
  switch (dependency.condition) {
    case DependencyCondition::start: return;
    case DependencyCondition::complete:
    case DependencyCondition::success:
      if (target.essential) {
        at.invalid("condition", condition,
                   str("may not be used with the essential container \"", target.name, "\": its end stops the task"));
      }
      return;
    case DependencyCondition::healthy:
      if (!target.health_check) {
        at.invalid("condition", condition, str("the container \"", target.name, "\" has no healthCheck"));
      }
      return;
  }
}

// Finds the cycles of dependsOn, links and volumesFrom together.
class Cycles {
 public:
  Cycles(const Containers& containers, const Findings& findings)
      : containers_(containers), findings_(findings), state_(containers.size(), State::fresh) {}

  void check() {
    for (std::size_t i = 0; i < containers_.size(); ++i) visit(i);
  }

 private:
  enum class State { fresh, open, done };

  void visit(std::size_t index) {
    if (state_[index] == State::done) return;
    if (state_[index] == State::open) return report(index);
    state_[index] = State::open;
    path_.push_back(index);
    const ContainerDefinition& container = containers_[index];
    for (const ContainerDependency& dependency : container.depends_on) follow(index, dependency.container_name);
    for (const std::string& link : container.links) follow(index, link_target(link));
    for (const VolumeFrom& from : container.volumes_from) follow(index, from.source_container);
    path_.pop_back();
    state_[index] = State::done;
  }

  void follow(std::size_t from, std::string_view name) {
    const auto target = position(containers_, name);
    if (target && *target != from) visit(*target);  // a container that waits for itself is reported elsewhere
  }

  void report(std::size_t index) {
    std::string text;
    for (auto at = std::find(path_.begin(), path_.end(), index); at != path_.end(); ++at) {
      text += containers_[*at].name + " -> ";
    }
    text += containers_[index].name;
    const ContainerDefinition& container = containers_[index];
    const std::string_view field = !container.depends_on.empty() ? "dependsOn"
                                   : !container.links.empty()    ? "links"
                                                                 : "volumesFrom";
    findings_.under("containerDefinitions", index)
        .invalid(field, text, "containers must not wait for each other in a circle");
  }

  const Containers& containers_;
  const Findings& findings_;
  std::vector<State> state_;
  std::vector<std::size_t> path_;
};

void check_health(const HealthCheck& check, const Findings& at) {
  if (check.command.empty()) return;  // required says so
  const std::string& first = check.command.front();
  if (first != "CMD" && first != "CMD-SHELL") {
    at.invalid("command[0]", first, "must be CMD or CMD-SHELL");
  } else if (check.command.size() < 2) {
    at.required("command[1]", str("the command after ", first));
  }
}

// Parameters of the kernel that would be the host's, because the container shares that part of it.
void check_controls(const TaskDefinitionSpec& spec, const ContainerDefinition& container, const Findings& at) {
  for (std::size_t i = 0; i < container.system_controls.size(); ++i) {
    const std::string& name = container.system_controls[i].ns;
    if (is_ipc_control(name) && spec.ipc_mode) {
      at.under("systemControls", i)
          .invalid("namespace", name, str("may not be used with ipcMode ", name_of(*spec.ipc_mode)));
    } else if (name.starts_with("net.") && spec.network_mode == NetworkMode::host) {
      at.under("systemControls", i).invalid("namespace", name, "may not be used with networkMode host");
    }
  }
}

void check_texts(const ContainerDefinition& container, const Findings& at) {
  const auto check_list = [&at](std::string_view field, const std::vector<std::string>& texts) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (has_nul(texts[i])) at.invalid(str(field, '[', i, ']'), texts[i], "must not contain a NUL character");
    }
  };
  check_list("command", container.command);
  check_list("entryPoint", container.entry_point);
  for (std::size_t i = 0; i < container.environment.size(); ++i) {
    const std::string& value = container.environment[i].value;
    if (has_nul(value)) at.invalid(str("environment[", i, "].value"), value, "must not contain a NUL character");
  }
  for (std::size_t i = 0; i < container.system_controls.size(); ++i) {
    const std::string& value = container.system_controls[i].value;
    if (has_nul(value)) at.invalid(str("systemControls[", i, "].value"), value, "must not contain a NUL character");
  }
  if (container.log_configuration) {
    for (const auto& [key, value] : container.log_configuration->options) {
      if (!key.empty() && !has_nul(key) && !has_nul(value)) continue;
      at.under("logConfiguration").invalid("options", key, "must have a key and no NUL character");
    }
  }
  for (const auto& [key, value] : container.docker_labels) {
    if (key.empty()) at.invalid("dockerLabels", key, "a key must not be empty");
    for (const std::string_view prefix : {"com.amazonaws.ecs.", "muster.dev/"}) {
      if (key.starts_with(prefix))
        at.invalid("dockerLabels", key, str("keys that begin with ", prefix, " are reserved"));
    }
  }
}

}  // namespace

void check_task_definition(const TaskDefinitionSpec& spec, const Findings& findings) {
  const Containers& containers = spec.container_definitions;
  if (!containers.empty() &&
      std::none_of(containers.begin(), containers.end(), [](const auto& container) { return container.essential; })) {
    findings.invalid("containerDefinitions", "essential: false", "at least one container must be essential");
  }
  check_memory(spec, findings);
  const bool shares = spec.pid_mode == PidMode::task || spec.ipc_mode == IpcMode::task;
  if (shares && containers.size() > 1 && namespace_holder(spec) == nullptr) {
    const std::string_view field = spec.pid_mode == PidMode::task ? "pidMode" : "ipcMode";
    findings.invalid(field, "task",
                     "needs an essential container without dependsOn, links and volumesFrom: it is started first and "
                     "holds what the others share");
  }
  check_ports(spec, findings);
  check_volumes(spec, findings);
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const ContainerDefinition& container = containers[i];
    const Findings at = findings.under("containerDefinitions", i);
    check_links(spec, container, at);
    check_limits(spec, container, at);
    check_controls(spec, container, at);
    for (std::size_t j = 0; j < container.depends_on.size(); ++j) {
      check_dependency(containers, container, container.depends_on[j], at.under("dependsOn", j));
    }
    if (container.health_check) check_health(*container.health_check, at.under("healthCheck"));
    if (container.readiness_check) check_health(*container.readiness_check, at.under("readinessCheck"));
    if (!container.hostname.empty() && spec.network_mode == NetworkMode::host) {
      at.forbidden("hostname", "may not be used with networkMode host");
    }
    check_texts(container, at);
    check_config_sources(container, at);
  }
  Cycles(containers, findings).check();
  for (std::size_t i = 0; i < spec.placement_constraints.size(); ++i) {
    if (spec.placement_constraints[i].type == ConstraintType::member_of) continue;
    findings.invalid(str("placementConstraints[", i, "].type"), name_of(spec.placement_constraints[i].type),
                     "a task definition can only have memberOf");
  }
  check_placement(spec.placement_constraints, {}, findings);
  for (std::size_t i = 0; i < spec.tolerations.size(); ++i) {
    const Toleration& each = spec.tolerations[i];
    const Findings at = findings.under("tolerations", i);
    if (each.op == TolerationOperator::exists && !each.value.empty()) {
      at.forbidden("value", "may not be used with operator Exists");
    }
    if (each.op == TolerationOperator::equal && each.key.empty()) {
      at.required("key", "only operator Exists can leave it out, and means every taint");
    }
  }
  if (encode(spec).size() > limits::task_definition_bytes) findings.too_long("", limits::task_definition_bytes);
}

}  // namespace muster
