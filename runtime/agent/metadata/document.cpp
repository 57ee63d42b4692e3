#include "runtime/agent/metadata/document.h"

#include <algorithm>
#include <utility>

#include "api/base/text.h"
#include "api/schema/describe.h"
#include "controllers/task/container_config.h"

namespace muster::agent::metadata {
namespace {

constexpr std::int64_t mib = std::int64_t{1024} * 1024;
constexpr double units_a_cpu = 1024;

Node number(double value) {
  Node node;
  node.kind = Node::Kind::number;
  node.number = value;
  return node;
}

void put(Node& map, std::string_view name, const std::string& value) {
  if (!value.empty()) map.at(name) = Node::of(value);
}

void put(Node& map, std::string_view name, Time time) {
  if (is_set(time)) map.at(name) = Node::of(format_time(time));
}

template <class Map>
Node text_map(const Map& values) {
  Node out = Node::map();
  for (const auto& [name, value] : values) out.at(name) = Node::of(value);
  return out;
}

const ContainerStatus* status_of(const Seen& task, const std::string& container) {
  const auto found = std::ranges::find(task.status.containers, container, &ContainerStatus::name);
  return found == task.status.containers.end() ? nullptr : &*found;
}

Found found_of(const Seen& task, const std::string& container) {
  const auto found = std::ranges::find(task.containers, container, &Found::container);
  return found == task.containers.end() ? Found{container, {}, {}, {}, {}} : *found;
}

// In the agent's words, which know more before a container runs than the API's do.
std::string known(const ContainerStatus* status) {
  if (status == nullptr) return "NONE";
  switch (status->last_status) {
    case ContainerLastStatus::pending: return status->runtime_id.empty() ? "NONE" : "CREATED";
    case ContainerLastStatus::running: return "RUNNING";
    case ContainerLastStatus::stopped: return "STOPPED";
  }
  return "NONE";
}

std::string known(const TaskStatus& status) {
  switch (status.last_status) {
    case LastStatus::running:
    case LastStatus::deactivating:
    case LastStatus::stopping: return "RUNNING";
    case LastStatus::deprovisioning:
    case LastStatus::stopped: return "STOPPED";
    case LastStatus::provisioning:
    case LastStatus::pending:
    case LastStatus::activating: break;
  }
  const bool made =
      !status.containers.empty() &&
      std::ranges::all_of(status.containers, [](const ContainerStatus& each) { return !each.runtime_id.empty(); });
  return made ? "CREATED" : "NONE";
}

bool is_ending(const Seen& task) {
  return task.desired.spec.desired_status == DesiredStatus::stopped || is_set(task.status.stopping_at);
}

std::string arn(const Seen& task, std::string_view kind, std::string_view rest = "") {
  return str("arn:aws:ecs:local:000000000000:", kind, '/', task.identity.cluster, '/', task.desired.uid, rest);
}

std::string network_word(NetworkMode mode) {
  switch (mode) {
    case NetworkMode::bridge: return "bridge";
    case NetworkMode::host: return "host";
    case NetworkMode::none: return "none";
  }
  return "bridge";
}

Node limits(const task::ContainerConfig& config) {
  Node out = Node::map();
  if (config.cpu_shares > 0) out.at("CPU") = Node::of(config.cpu_shares);
  if (config.memory_bytes > 0) out.at("Memory") = Node::of(config.memory_bytes / mib);
  return out;
}

Node ports(const std::vector<NetworkBinding>& bindings) {
  Node out = Node::list();
  for (const NetworkBinding& binding : bindings) {
    Node one = Node::map();
    const bool range = !binding.container_port_range.empty();
    if (range) {
      one.at("ContainerPortRange") = Node::of(binding.container_port_range);
    } else {
      one.at("ContainerPort") = Node::of(std::int64_t{binding.container_port});
    }
    one.at("Protocol") = Node::of(std::string(binding.protocol == Protocol::udp ? "udp" : "tcp"));
    if (range) {
      one.at("HostPortRange") = Node::of(binding.host_port_range);
    } else {
      one.at("HostPort") = Node::of(std::int64_t{binding.host_port});
    }
    put(one, "HostIp", binding.bind_ip);
    out.items.push_back(std::move(one));
  }
  return out;
}

Node networks(NetworkMode mode, const std::string& address) {
  Node one = Node::map();
  one.at("NetworkMode") = Node::of(network_word(mode));
  Node addresses = Node::list();
  if (!address.empty()) addresses.items.push_back(Node::of(address));
  one.at("IPv4Addresses") = std::move(addresses);
  Node out = Node::list();
  out.items.push_back(std::move(one));
  return out;
}

Node volumes(const std::vector<task::Mount>& mounts) {
  Node out = Node::list();
  for (const task::Mount& mount : mounts) {
    Node one = Node::map();
    const bool path = mount.source.starts_with('/');
    one.at(path ? "Source" : "DockerName") = Node::of(mount.source);
    one.at("Destination") = Node::of(mount.target);
    out.items.push_back(std::move(one));
  }
  return out;
}

}  // namespace

Node container_document(const Seen& task, const std::string& container) {
  const ContainerDefinition& definition = task::definition_of(task.desired, container);
  // Without values of Secrets: nothing of the environment is shown.
  const task::ContainerConfig config = task::container_config(task.desired, task.identity, container);
  const ContainerStatus* status = status_of(task, container);
  const Found found = found_of(task, container);
  Node out = Node::map();
  out.at("DockerId") = Node::of(status == nullptr ? std::string() : status->runtime_id);
  out.at("Name") = Node::of(container);
  out.at("DockerName") = Node::of(found.host_name.empty() ? config.name : found.host_name);
  out.at("Image") = Node::of(definition.image);
  out.at("ImageID") = Node::of(found.image_id);
  if (status != nullptr && !status->network_bindings.empty()) out.at("Ports") = ports(status->network_bindings);
  out.at("Labels") = text_map(config.labels);
  out.at("DesiredStatus") = Node::of(std::string(is_ending(task) ? "STOPPED" : "RUNNING"));
  out.at("KnownStatus") = Node::of(known(status));
  if (status != nullptr && status->exit_code) out.at("ExitCode") = Node::of(std::int64_t{*status->exit_code});
  out.at("Limits") = limits(config);
  put(out, "CreatedAt", found.created_at);
  if (status != nullptr) {
    put(out, "StartedAt", status->started_at);
    put(out, "FinishedAt", status->finished_at);
  }
  out.at("Type") = Node::of(std::string("NORMAL"));
  if (definition.health_check) {
    Node health = Node::map();
    health.at("status") =
        Node::of(std::string(name_of(status == nullptr ? HealthStatus::unknown : status->health_status)));
    out.at("Health") = std::move(health);
  }
  if (!config.mounts.empty()) out.at("Volumes") = volumes(config.mounts);
  out.at("LogDriver") = Node::of(definition.log_configuration ? definition.log_configuration->log_driver : "json-file");
  if (definition.log_configuration && !definition.log_configuration->options.empty()) {
    out.at("LogOptions") = text_map(definition.log_configuration->options);
  }
  out.at("ContainerARN") = Node::of(arn(task, "container", str('/', container)));
  if (definition.restart_policy && definition.restart_policy->enabled) {
    out.at("RestartCount") = Node::of(std::int64_t{status == nullptr ? 0 : status->restart_count});
  }
  const bool cut_off = definition.disable_networking;
  out.at("Networks") = networks(cut_off ? NetworkMode::none : config.network_mode, found.ip_address);
  return out;
}

Node task_document(const Seen& task) {
  const task::DesiredTask& desired = task.desired;
  const TaskStatus& status = task.status;
  Node out = Node::map();
  out.at("Cluster") = Node::of(task.identity.cluster);
  out.at("TaskARN") = Node::of(arn(task, "task"));
  out.at("Family") = Node::of(task::family_of(desired.spec.task_definition));
  out.at("Revision") = Node::of(std::to_string(task::revision_number(desired.spec.task_definition)));
  constexpr std::string_view service = "service:";
  if (desired.spec.group.starts_with(service)) put(out, "ServiceName", desired.spec.group.substr(service.size()));
  out.at("DesiredStatus") = Node::of(std::string(is_ending(task) ? "STOPPED" : "RUNNING"));
  out.at("KnownStatus") = Node::of(known(status));
  Node limits = Node::map();
  Node containers = Node::list();
  if (desired.definition != nullptr) {
    const TaskOverride& overrides = desired.spec.overrides;
    const auto cpu = parse_int(overrides.cpu.empty() ? desired.definition->cpu : overrides.cpu);
    const auto memory = parse_int(overrides.memory.empty() ? desired.definition->memory : overrides.memory);
    if (cpu) limits.at("CPU") = number(static_cast<double>(*cpu) / units_a_cpu);
    if (memory) limits.at("Memory") = Node::of(*memory);
    for (const ContainerDefinition& each : desired.definition->container_definitions) {
      containers.items.push_back(container_document(task, each.name));
    }
  }
  if (!limits.members.empty()) out.at("Limits") = std::move(limits);
  put(out, "PullStartedAt", status.pull_started_at);
  put(out, "PullStoppedAt", status.pull_stopped_at);
  put(out, "ExecutionStoppedAt", status.execution_stopped_at);
  put(out, "AvailabilityZone", task.zone);
  out.at("LaunchType") = Node::of(std::string("EC2"));
  out.at("Containers") = std::move(containers);
  return out;
}

}  // namespace muster::agent::metadata
