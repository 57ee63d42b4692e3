#include "controllers/task/container_config.h"

#include <algorithm>

#include "api/base/assert.h"
#include "api/base/text.h"
#include "controllers/task/view.h"

namespace muster::task {
namespace {

constexpr std::size_t name_part_bytes = 60;
constexpr std::int64_t mib = 1 << 20;
constexpr std::int64_t least_memory_mib = 6;                      // Docker's own minimum
constexpr std::int64_t fewest_shares = 2, most_shares = 262'144;  // the kernel's; Docker reads 0 as 1024

// Docker names begin with a letter or digit and hold letters, digits, '_', '.' and '-': so do ECS's, when shortened.
std::string shortened(const std::string& text) {
  if (text.size() <= name_part_bytes) return text;
  return str(text.substr(0, name_part_bytes - 9), '-', hex(stable_hash(text), 8));
}

const ContainerDefinition& definition_of(const DesiredTask& desired, const std::string& container) {
  const std::vector<ContainerDefinition>& all = desired.definition->container_definitions;
  const auto found = std::ranges::find(all, container, &ContainerDefinition::name);
  MUSTER_ASSERT(found != all.end());
  return *found;
}

const ContainerOverride* override_of(const DesiredTask& desired, const std::string& container) {
  const std::vector<ContainerOverride>& all = desired.spec.overrides.container_overrides;
  const auto found = std::ranges::find(all, container, &ContainerOverride::name);
  return found == all.end() ? nullptr : &*found;
}

using Environment = std::vector<std::pair<std::string, std::string>>;

// Of equal names the last one holds, in the place of the first.
void merge(Environment& environment, const std::vector<KeyValuePair>& more) {
  for (const KeyValuePair& pair : more) {
    const auto found = std::ranges::find(environment, pair.name, &Environment::value_type::first);
    if (found == environment.end()) {
      environment.emplace_back(pair.name, pair.value);
    } else {
      found->second = pair.value;
    }
  }
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

void set_labels(ContainerConfig& config, const DesiredTask& desired, const Identity& identity,
                const ContainerDefinition& definition) {
  std::map<std::string, std::string>& labels = config.labels;
  labels.insert(definition.docker_labels.begin(), definition.docker_labels.end());
  const auto set = [&](std::string_view name, std::string value) { labels[std::string(name)] = std::move(value); };
  set(label::cluster_uid, identity.cluster_uid);
  set(label::instance_uid, identity.instance_uid);
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

std::string container_name(const DesiredTask& desired, const std::string& container) {
  return str("muster-", shortened(family_of(desired.spec.task_definition)), '-',
             revision_number(desired.spec.task_definition), '-', shortened(container), '-', desired.uid);
}

ContainerConfig container_config(const DesiredTask& desired, const Identity& identity, const std::string& container) {
  MUSTER_ASSERT(desired.definition != nullptr);
  const ContainerDefinition& definition = definition_of(desired, container);
  const ContainerOverride* changed = override_of(desired, container);
  ContainerConfig config;
  config.name = container_name(desired, container);
  config.image = definition.image;
  config.entry_point = definition.entry_point;
  config.command = changed != nullptr && !changed->command.empty() ? changed->command : definition.command;
  merge(config.environment, definition.environment);
  if (changed != nullptr) merge(config.environment, changed->environment);
  config.working_directory = definition.working_directory;
  config.user = definition.user;
  config.hostname = definition.hostname;
  set_labels(config, desired, identity, definition);
  config.network_mode = desired.definition->network_mode;
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
  config.read_only_root = definition.readonly_root_filesystem;
  config.interactive = definition.interactive;
  config.pseudo_terminal = definition.pseudo_terminal;
  config.dns_servers = definition.dns_servers;
  config.dns_search = definition.dns_search_domains;
  for (const HostEntry& host : definition.extra_hosts) {
    config.extra_hosts.push_back(str(host.hostname, ':', host.ip_address));
  }
  config.health_check = definition.health_check;
  return config;
}

}  // namespace muster::task
