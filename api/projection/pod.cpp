#include "api/projection/pod.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/projection/container_state.h"
#include "api/projection/metadata.h"
#include "api/projection/quantity.h"
#include "api/projection/traffic.h"
#include "api/schema/describe.h"

namespace muster::projection {
namespace {

constexpr std::int64_t default_stop_timeout = 30;  // seconds; ECS

const ContainerOverride* override_of(const Task& task, std::string_view container) {
  const auto& all = task.spec.overrides.container_overrides;
  const auto found = std::ranges::find(all, container, &ContainerOverride::name);
  return found == all.end() ? nullptr : &*found;
}

std::vector<view::EnvVar> environment(const ContainerDefinition& definition, const ContainerOverride* override) {
  std::vector<view::EnvVar> out;
  const auto put = [&](const KeyValuePair& pair) {
    const auto known = std::ranges::find(out, pair.name, &view::EnvVar::name);
    if (known == out.end()) {
      out.push_back({pair.name, pair.value});
    } else {
      known->value = pair.value;
    }
  };
  for (const KeyValuePair& pair : definition.environment) put(pair);
  if (override != nullptr) {
    for (const KeyValuePair& pair : override->environment) put(pair);
  }
  return out;
}

view::ResourceRequirements resources(const ContainerDefinition& definition, const ContainerOverride* override) {
  std::int64_t cpu = definition.cpu;
  std::optional<std::int32_t> hard = definition.memory, soft = definition.memory_reservation;
  if (override != nullptr) {
    if (override->cpu) cpu = *override->cpu;
    if (override->memory) hard = override->memory;
    if (override->memory_reservation) soft = override->memory_reservation;
  }
  view::ResourceRequirements out;
  if (cpu > 0) out.requests.emplace("cpu", cpu_quantity(cpu));
  if (hard) out.limits.emplace("memory", memory_quantity(*hard));
  if (soft || hard) out.requests.emplace("memory", memory_quantity(soft ? *soft : *hard));
  return out;
}

// The ports as mapped on the host, once that is known.
std::vector<view::ContainerPort> ports(const ContainerDefinition& definition, const ContainerStatus* status) {
  std::vector<view::ContainerPort> out;
  for (const PortMapping& mapping : definition.port_mappings) {
    if (mapping.container_port_range) continue;  // pods have no ranges
    view::ContainerPort port;
    port.name = mapping.name;
    port.container_port = mapping.container_port;
    port.host_port = mapping.host_port;
    port.protocol = protocol_name(mapping.protocol);
    if (status != nullptr) {
      for (const NetworkBinding& binding : status->network_bindings) {
        if (binding.container_port == mapping.container_port && binding.protocol == mapping.protocol)
          port.host_port = binding.host_port;
      }
    }
    out.push_back(std::move(port));
  }
  return out;
}

const ContainerStatus* status_of(const Task& task, std::string_view container) {
  const auto found = std::ranges::find(task.status.containers, container, &ContainerStatus::name);
  return found == task.status.containers.end() ? nullptr : &*found;
}

view::Container container(const Task& task, const ContainerDefinition& definition) {
  const ContainerOverride* override = override_of(task, definition.name);
  view::Container out;
  out.name = definition.name;
  out.image = definition.image;
  out.command = definition.entry_point;
  out.args = override != nullptr && !override->command.empty() ? override->command : definition.command;
  out.working_dir = definition.working_directory;
  out.ports = ports(definition, status_of(task, definition.name));
  out.env = environment(definition, override);
  out.resources = resources(definition, override);
  out.is_stdin = definition.interactive;
  out.tty = definition.pseudo_terminal;
  return out;
}

view::PodSpec spec_of(const Task& task, const TaskDefinitionSpec* definition) {
  view::PodSpec spec;
  spec.node_name = task.spec.container_instance;
  spec.restart_policy = task.spec.group.starts_with("service:") ? "Always" : "Never";
  spec.termination_grace_period_seconds = default_stop_timeout;
  if (definition == nullptr) {
    for (const ContainerStatus& each : task.status.containers) {
      view::Container out;
      out.name = each.name;
      out.image = each.image;
      spec.containers.push_back(std::move(out));
    }
    return spec;
  }
  spec.host_network = definition->network_mode == NetworkMode::host;
  for (const ContainerDefinition& each : definition->container_definitions) {
    spec.containers.push_back(container(task, each));
    if (each.stop_timeout)
      spec.termination_grace_period_seconds =
          std::max<std::int64_t>(spec.termination_grace_period_seconds, *each.stop_timeout);
  }
  return spec;
}

bool succeeded(const Task& task) {
  return !task.status.containers.empty() &&
         std::ranges::all_of(task.status.containers, [](const ContainerStatus& each) { return each.exit_code == 0; });
}

std::string_view phase_of(const Task& task) {
  switch (task.status.last_status) {
    case LastStatus::provisioning:
    case LastStatus::pending:
    case LastStatus::activating: return "Pending";
    case LastStatus::running:
    case LastStatus::deactivating:
    case LastStatus::stopping:
    case LastStatus::deprovisioning: return "Running";
    case LastStatus::stopped: break;
  }
  return succeeded(task) ? "Succeeded" : "Failed";
}

// Why the task is not simply running: one word, and a sentence.
struct Why {
  std::string reason, message;
};

Why why(const Task& task) {
  if (is_stopped(task)) {
    if (succeeded(task)) return {};
    const StopCode code = task.status.stop_code != StopCode::none ? task.status.stop_code : task.spec.stop_code;
    const std::string& message =
        task.status.stopped_reason.empty() ? task.spec.stopped_reason : task.status.stopped_reason;
    return {std::string(name_of(code)), message};
  }
  if (is_lost(task)) {
    return {"NodeLost", find_condition(task.status.conditions, "Lost")->message};
  }
  if (wants_stop(task) && !task.metadata.deleting()) return {"Stopping", task.spec.stopped_reason};
  return {};
}

view::PodCondition condition(std::string_view type, bool value, Time since, std::string reason = {},
                             std::string message = {}) {
  return {std::string(type), value ? "True" : "False", since, value ? std::string() : std::move(reason),
          value ? std::string() : std::move(message)};
}

std::vector<view::PodCondition> conditions(const Task& task, const TaskDefinitionSpec* definition) {
  std::vector<view::PodCondition> out;
  const Time created = task.metadata.creation_timestamp;
  const Condition* placed = find_condition(task.status.conditions, "Placed");
  const bool bound = !task.spec.container_instance.empty();
  const bool refused = !bound && placed != nullptr && placed->status == "False";
  out.push_back(
      condition("PodScheduled", bound,
                placed != nullptr && is_set(placed->last_transition_time) ? placed->last_transition_time : created,
                refused ? "Unschedulable" : "", refused ? placed->message : ""));
  if (!bound) return out;
  out.push_back(condition("Initialized", true, created));
  const bool ready = is_ready(task, definition);
  Why not_ready = why(task);
  if (is_stopped(task) && succeeded(task)) not_ready.reason = "PodCompleted";
  if (not_ready.reason.empty()) not_ready.reason = "ContainersNotReady";
  if (not_ready.message.empty() && task.status.health_status == HealthStatus::unhealthy)
    not_ready.message = "a health check of an essential container fails";
  Time since = created;
  if (is_stopped(task)) {
    since = task.status.stopped_at;
  } else if (is_set(task.status.started_at)) {
    since = task.status.started_at;
  }
  for (const std::string_view type : {"Ready", "ContainersReady"})
    out.push_back(condition(type, ready, since, not_ready.reason, not_ready.message));
  return out;
}

view::ContainerStatus container_status(const Task& task, const ContainerStatus& container, const view::Container* spec,
                                       const ContainerDefinition* definition) {
  view::ContainerStatus out;
  out.name = container.name;
  out.state = state_of(task, container);
  out.started = out.state.running.has_value();
  const bool checked = definition != nullptr && definition->health_check.has_value();
  const bool asked = definition != nullptr && definition->readiness_check.has_value();
  out.ready = out.started && !is_lost(task) && (!checked || container.health_status == HealthStatus::healthy) &&
              (!asked || container.readiness_status == ReadinessStatus::ready);
  out.restart_count = task.spec.consecutive_failures + container.restart_count;
  out.image = !container.image.empty() || spec == nullptr ? container.image : spec->image;
  out.image_id = container.image_digest.empty() ? container.image_id : container.image_digest;
  if (!container.runtime_id.empty()) out.container_id = str("muster://", container.runtime_id);
  return out;
}

// In the order of the definition. One that the agent has not reported yet waits.
std::vector<view::ContainerStatus> container_statuses(const Task& task, const view::PodSpec& spec,
                                                      const TaskDefinitionSpec* definition) {
  std::vector<view::ContainerStatus> out;
  if (task.spec.container_instance.empty()) return out;
  for (std::size_t i = 0; i < spec.containers.size(); ++i) {
    const view::Container& each = spec.containers[i];
    ContainerStatus unreported;
    unreported.name = each.name;
    const ContainerStatus* status = status_of(task, each.name);
    out.push_back(container_status(task, status == nullptr ? unreported : *status, &each,
                                   definition == nullptr ? nullptr : &definition->container_definitions[i]));
  }
  return out;
}

}  // namespace

view::Pod pod_of(const Task& task, const TaskDefinitionSpec* definition, const ContainerInstance* instance) {
  view::Pod pod = make<view::Pod>();
  pod.metadata = metadata_of(*pod.kind, task);
  OwnerReference owner = owner_reference(task);
  owner.controller = true;
  owner.block_owner_deletion = true;
  pod.metadata.owner_references = {std::move(owner)};
  pod.spec = spec_of(task, definition);
  if (pod.metadata.deleting()) pod.metadata.deletion_grace_period_seconds = pod.spec.termination_grace_period_seconds;

  pod.status.phase = phase_of(task);
  Why reason = why(task);
  pod.status.reason = std::move(reason.reason);
  pod.status.message = std::move(reason.message);
  pod.status.conditions = conditions(task, definition);
  pod.status.container_statuses = container_statuses(task, pod.spec, definition);
  if (instance != nullptr && !instance->status.address.empty()) {
    pod.status.host_ip = pod.status.pod_ip = instance->status.address;
    pod.status.pod_ips = {{instance->status.address}};
  }
  if (!task.spec.container_instance.empty()) {
    pod.status.start_time = is_set(task.status.created_at) ? task.status.created_at : task.metadata.creation_timestamp;
  }
  const bool reserves = std::ranges::any_of(
      pod.spec.containers, [](const view::Container& each) { return !each.resources.requests.empty(); });
  pod.status.qos_class = reserves ? "Burstable" : "BestEffort";
  return pod;
}

}  // namespace muster::projection
