#include "controllers/task/container_config.h"

#include <algorithm>
#include <set>

#include "api/base/assert.h"
#include "api/base/text.h"
#include "controllers/task/view.h"
#include "controllers/task/volumes.h"

namespace muster::task {
namespace {

constexpr std::int64_t mib = 1 << 20;
constexpr std::int64_t least_memory_mib = 6;                      // Docker's own minimum
constexpr std::int64_t fewest_shares = 2, most_shares = 262'144;  // the kernel's; Docker reads 0 as 1024

const ContainerOverride* override_of(const DesiredTask& desired, const std::string& container) {
  const std::vector<ContainerOverride>& all = desired.spec.overrides.container_overrides;
  const auto found = std::ranges::find(all, container, &ContainerOverride::name);
  return found == all.end() ? nullptr : &*found;
}

// Of equal names the last one holds, in the place of the first.
void put_variable(ContainerConfig& config, const std::string& name, const std::string& value) {
  const auto found = std::ranges::find(config.environment, name, &std::pair<std::string, std::string>::first);
  if (found == config.environment.end()) {
    config.environment.emplace_back(name, value);
  } else {
    found->second = value;
  }
}

void merge(ContainerConfig& config, const std::vector<KeyValuePair>& more, std::set<std::string>& secret) {
  for (const KeyValuePair& pair : more) {
    put_variable(config, pair.name, pair.value);
    secret.erase(pair.name);
  }
}

void merge(ContainerConfig& config, const std::vector<ConfigVariable>& more, std::set<std::string>& secret) {
  for (const ConfigVariable& variable : more) {
    put_variable(config, variable.name, variable.value);
    if (variable.secret) {
      secret.insert(variable.name);
    } else {
      secret.erase(variable.name);
    }
  }
}

// Each after what it goes before.
void set_environment(ContainerConfig& config, const ContainerDefinition& definition, const ContainerOverride* changed,
                     const Configured& configured) {
  std::set<std::string> secret;
  merge(config, configured.imported, secret);
  merge(config, definition.environment, secret);
  merge(config, configured.secrets, secret);
  if (changed != nullptr) merge(config, changed->environment, secret);
  config.secret_variables.assign(secret.begin(), secret.end());
}

// A task-level size; the override's holds.
std::int64_t task_size(const std::string& overridden, const std::string& defined) {
  return parse_int(overridden.empty() ? defined : overridden).value_or(0);
}

void set_sizes(ContainerConfig& config, const DesiredTask& desired, const ContainerDefinition& definition,
               const ContainerOverride* changed) {
  const TaskOverride& overrides = desired.spec.overrides;
  const bool alone = desired.definition->container_definitions.size() == 1;
  std::int64_t cpu = changed != nullptr && changed->cpu ? *changed->cpu : definition.cpu;
  if (cpu == 0 && alone) cpu = task_size(overrides.cpu, desired.definition->cpu);
  config.cpu_shares = std::clamp(cpu, fewest_shares, most_shares);

  const auto pick = [](const std::optional<std::int32_t>& first, const std::optional<std::int32_t>& second) {
    return static_cast<std::int64_t>(first.value_or(second.value_or(0)));
  };
  std::int64_t memory = pick(changed != nullptr ? changed->memory : std::nullopt, definition.memory);
  const std::int64_t task_memory = task_size(overrides.memory, desired.definition->memory);
  if (memory == 0) memory = task_memory;  // no container may use more than its task has
  if (memory != 0) memory = std::max(memory, least_memory_mib);
  config.memory_bytes = memory * mib;
  std::int64_t reserved =
      pick(changed != nullptr ? changed->memory_reservation : std::nullopt, definition.memory_reservation);
  if (memory != 0) reserved = std::min(reserved, memory);
  config.memory_reservation_bytes = reserved * mib;
}

// After set_sizes: swap is counted on top of the memory.
void set_kernel_options(ContainerConfig& config, const ContainerDefinition& definition) {
  config.ulimits = definition.ulimits;
  if (!definition.linux_parameters) return;
  const LinuxParameters& parameters = *definition.linux_parameters;
  config.init = parameters.init_process_enabled;
  config.shared_memory_bytes = parameters.shared_memory_size.value_or(0) * mib;
  if (parameters.max_swap && config.memory_bytes > 0) {
    config.memory_and_swap_bytes = config.memory_bytes + *parameters.max_swap * mib;
    config.swappiness = parameters.swappiness;
  }
  for (const Tmpfs& tmpfs : parameters.tmpfs) {
    std::string options;
    for (const std::string& option : tmpfs.mount_options) options += str(option, ',');
    config.tmpfs[tmpfs.container_path] = str(options, "size=", tmpfs.size, 'm');
  }
}

void set_powers(ContainerConfig& config, const ContainerDefinition& definition) {
  config.privileged = definition.privileged;
  for (const std::string& option : definition.docker_security_options) {
    std::string words = option;
    // Docker's older spelling, which ECS keeps.
    if (const auto colon = words.find(':'); colon < words.find('=')) words[colon] = '=';
    config.security_options.push_back(std::move(words));
  }
  for (const SystemControl& control : definition.system_controls) config.system_controls[control.ns] = control.value;
  if (!definition.linux_parameters) return;
  if (const auto& capabilities = definition.linux_parameters->capabilities) {
    config.capabilities_add = capabilities->add;
    config.capabilities_drop = capabilities->drop;
  }
  config.devices = definition.linux_parameters->devices;
  for (Device& device : config.devices) {
    if (device.container_path.empty()) device.container_path = device.host_path;
  }
}

// What is shared belongs to one of the containers; the others join it there.
void set_namespaces(ContainerConfig& config, const DesiredTask& desired, const ContainerDefinition& definition) {
  const TaskDefinitionSpec& spec = *desired.definition;
  const ContainerDefinition* holder = namespace_holder(spec);
  const bool joins = holder != nullptr && holder->name != definition.name;
  const std::string joined = joins ? "container:" + container_name(desired, holder->name) : std::string();
  if (spec.pid_mode) config.pid_mode = *spec.pid_mode == PidMode::host ? "host" : joined;
  if (!spec.ipc_mode) return;
  switch (*spec.ipc_mode) {
    case IpcMode::host: config.ipc_mode = "host"; return;
    case IpcMode::task: config.ipc_mode = joins ? joined : "shareable"; return;
    case IpcMode::none: config.ipc_mode = "none"; return;
  }
}

void set_mounts(ContainerConfig& config, const DesiredTask& desired, const ContainerDefinition& definition) {
  for (const MountPoint& mount : definition.mount_points) {
    config.mounts.push_back(Mount{volume_source(desired, mount.source_volume), mount.container_path, mount.read_only});
  }
  for (const VolumeFrom& from : definition.volumes_from) {
    config.volumes_from.push_back(container_name(desired, from.source_container) + (from.read_only ? ":ro" : ""));
  }
}

void set_log(ContainerConfig& config, const ContainerDefinition& definition, const Configured& configured) {
  config.log = definition.log_configuration;
  if (!config.log) return;
  Labels& options = config.log->options;
  for (const ConfigVariable& option : configured.log_options) options[option.name] = option.value;
  config.log->secret_options.clear();
  const auto mode = options.find("mode");
  if (mode != options.end() && mode->second == "non-blocking") options.emplace("max-buffer-size", "10m");
}

void set_labels(ContainerConfig& config, const DesiredTask& desired, const Identity& identity,
                const ContainerDefinition& definition) {
  std::map<std::string, std::string>& labels = config.labels;
  labels.insert(definition.docker_labels.begin(), definition.docker_labels.end());
  const auto set = [&](std::string_view name, std::string value) { labels[std::string(name)] = std::move(value); };
  set(label::cluster_uid, identity.cluster_uid);
  set(label::instance, identity.instance);
  set(label::task_uid, desired.uid);
  set(label::ns, desired.ns);
  set(label::task, desired.name);
  set(label::container, definition.name);
  set(label::revision, desired.spec.task_definition);
  constexpr std::string_view service_group = "service:";
  if (desired.spec.group.starts_with(service_group)) {
    set(label::service, desired.spec.group.substr(service_group.size()));
  }
  set("com.amazonaws.ecs.task-arn", str("arn:aws:ecs:local:000000000000:task/", identity.cluster, '/', desired.uid));
  set("com.amazonaws.ecs.container-name", definition.name);
  set("com.amazonaws.ecs.task-definition-family", family_of(desired.spec.task_definition));
  set("com.amazonaws.ecs.task-definition-version", std::to_string(revision_number(desired.spec.task_definition)));
  set("com.amazonaws.ecs.cluster", identity.cluster);
}

}  // namespace

const ContainerDefinition& definition_of(const DesiredTask& desired, const std::string& container) {
  MUSTER_ASSERT(desired.definition != nullptr);
  const std::vector<ContainerDefinition>& all = desired.definition->container_definitions;
  const auto found = std::ranges::find(all, container, &ContainerDefinition::name);
  MUSTER_ASSERT(found != all.end());
  return *found;
}

std::string container_name(const DesiredTask& desired, const std::string& container) {
  return str("muster-", shortened(family_of(desired.spec.task_definition)), '-',
             revision_number(desired.spec.task_definition), '-', shortened(container), '-', desired.uid);
}

ContainerConfig container_config(const DesiredTask& desired, const Identity& identity, const std::string& container,
                                 const Configured& configured) {
  const ContainerDefinition& definition = definition_of(desired, container);
  const ContainerOverride* changed = override_of(desired, container);
  ContainerConfig config;
  config.name = container_name(desired, container);
  config.image = definition.image;
  config.entry_point = definition.entry_point;
  config.command = changed != nullptr && !changed->command.empty() ? changed->command : definition.command;
  set_environment(config, definition, changed, configured);
  config.working_directory = definition.working_directory;
  config.user = definition.user;
  config.hostname = definition.hostname;
  set_labels(config, desired, identity, definition);
  config.network_mode = desired.definition->network_mode;
  config.network_disabled = definition.disable_networking;
  set_namespaces(config, desired, definition);
  if (config.network_mode == NetworkMode::bridge) {
    config.ports = definition.port_mappings;
    for (const std::string& link : definition.links) {
      const std::string target = link_target(link);
      const std::string alias = target.size() < link.size() ? link.substr(target.size() + 1) : target;
      config.links.push_back(str(container_name(desired, target), ':', alias));
    }
  }
  set_sizes(config, desired, definition, changed);
  set_kernel_options(config, definition);
  set_powers(config, definition);
  set_mounts(config, desired, definition);
  set_log(config, definition, configured);
  config.read_only_root = definition.readonly_root_filesystem;
  config.interactive = definition.interactive;
  config.pseudo_terminal = definition.pseudo_terminal;
  config.dns_servers = definition.dns_servers;
  config.dns_search = definition.dns_search_domains;
  for (const HostEntry& host : definition.extra_hosts) {
    config.extra_hosts.push_back(str(host.hostname, ':', host.ip_address));
  }
  config.health_check = definition.health_check;
  const bool other_gpus = changed != nullptr && !changed->resource_requirements.empty();
  config.gpus = gpus_of(other_gpus ? changed->resource_requirements : definition.resource_requirements);
  return config;
}

}  // namespace muster::task
