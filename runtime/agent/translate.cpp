#include "runtime/agent/translate.h"

#include <algorithm>
#include <utility>

#include "api/base/text.h"
#include "api/types/host_names.h"

namespace muster::agent {
namespace {

std::string network_word(NetworkMode mode) {
  switch (mode) {
    case NetworkMode::bridge: return "bridge";
    case NetworkMode::host: return "host";
    case NetworkMode::none: return "none";
  }
  return "bridge";
}

std::string permissions_word(const std::vector<DevicePermission>& permissions) {
  if (permissions.empty()) return "rwm";
  std::string word;
  const auto add = [&](DevicePermission permission, char letter) {
    if (std::ranges::find(permissions, permission) != permissions.end()) word += letter;
  };
  add(DevicePermission::read, 'r');
  add(DevicePermission::write, 'w');
  add(DevicePermission::mknod, 'm');
  return word;
}

// A range becomes one mapping a port.
void add_ports(const PortMapping& port, std::vector<drivers::PortMapping>& out) {
  const auto span = port.container_port_range ? parse_port_span(*port.container_port_range) : std::nullopt;
  const PortSpan ports = span.value_or(PortSpan{port.container_port, port.container_port});
  for (std::int32_t offset = 0; offset < ports.size(); ++offset) {
    drivers::PortMapping mapping;
    mapping.container_port = ports.first + offset;
    mapping.host_port = port.host_port == 0 ? 0 : port.host_port + offset;
    mapping.protocol = port.protocol == Protocol::udp ? "udp" : "tcp";
    out.push_back(std::move(mapping));
  }
}

void add_powers(const task::ContainerConfig& config, drivers::ContainerConfig& out) {
  out.privileged = config.privileged;
  out.capabilities_add = config.capabilities_add;
  out.capabilities_drop = config.capabilities_drop;
  for (const Device& device : config.devices) {
    out.devices.push_back({device.host_path, device.container_path, permissions_word(device.permissions)});
  }
  out.system_controls = config.system_controls;
  out.security_options = config.security_options;
  out.network_disabled = config.network_disabled;
  out.pid_mode = config.pid_mode;
  out.ipc_mode = config.ipc_mode;
}

drivers::HealthCheck health_check(const HealthCheck& check) {
  drivers::HealthCheck out;
  out.test = check.command;
  out.interval = std::chrono::seconds(check.interval);
  out.timeout = std::chrono::seconds(check.timeout);
  out.start_period = std::chrono::seconds(check.start_period);
  out.retries = check.retries;
  return out;
}

task::Phase phase_of(drivers::ContainerPhase phase) {
  switch (phase) {
    case drivers::ContainerPhase::created: return task::Phase::created;
    case drivers::ContainerPhase::running: return task::Phase::running;
    case drivers::ContainerPhase::exited: return task::Phase::exited;
  }
  return task::Phase::created;
}

HealthStatus health_of(drivers::Health health) {
  switch (health) {
    case drivers::Health::none:
    case drivers::Health::starting: return HealthStatus::unknown;
    case drivers::Health::healthy: return HealthStatus::healthy;
    case drivers::Health::unhealthy: return HealthStatus::unhealthy;
  }
  return HealthStatus::unknown;
}

std::vector<NetworkBinding> bindings_of(const std::vector<drivers::PortMapping>& ports) {
  std::vector<NetworkBinding> out;
  for (const drivers::PortMapping& port : ports) {
    if (port.host_port == 0) continue;
    const Protocol protocol = port.protocol == "udp" ? Protocol::udp : Protocol::tcp;
    const bool repeated = port.host_ip == "::" && std::ranges::any_of(ports, [&](const drivers::PortMapping& other) {
                            return other.host_ip != "::" && other.container_port == port.container_port &&
                                   other.protocol == port.protocol;
                          });
    if (repeated) continue;
    out.push_back(
        NetworkBinding{port.host_ip.empty() ? "0.0.0.0" : port.host_ip, port.container_port, port.host_port, protocol});
  }
  return out;
}

}  // namespace

drivers::ContainerConfig to_driver(const task::ContainerConfig& config) {
  drivers::ContainerConfig out;
  out.name = config.name;
  out.image = config.image;
  if (!config.entry_point.empty()) out.entry_point = config.entry_point;
  if (!config.command.empty()) out.command = config.command;
  out.environment = config.environment;
  out.secret_variables = config.secret_variables;
  out.working_directory = config.working_directory;
  out.user = config.user;
  out.hostname = config.hostname;
  out.labels = config.labels;
  out.network_mode = network_word(config.network_mode);
  for (const PortMapping& port : config.ports) add_ports(port, out.ports);
  out.cpu_shares = config.cpu_shares;
  out.memory_bytes = config.memory_bytes;
  out.memory_reservation_bytes = config.memory_reservation_bytes;
  out.read_only_root = config.read_only_root;
  out.init = config.init;
  out.interactive = config.interactive;
  out.pseudo_terminal = config.pseudo_terminal;
  out.links = config.links;
  out.dns_servers = config.dns_servers;
  out.dns_search = config.dns_search;
  out.extra_hosts = config.extra_hosts;
  out.shared_memory_bytes = config.shared_memory_bytes;
  out.memory_and_swap_bytes = config.memory_and_swap_bytes;
  out.swappiness = config.swappiness;
  out.tmpfs = config.tmpfs;
  for (const Ulimit& limit : config.ulimits) {
    out.ulimits.push_back({limit.name, limit.soft_limit, limit.hard_limit});
  }
  for (const task::Mount& mount : config.mounts) out.mounts.push_back({mount.source, mount.target, mount.read_only});
  out.volumes_from = config.volumes_from;
  add_powers(config, out);
  if (config.log) out.log = {config.log->log_driver, {config.log->options.begin(), config.log->options.end()}};
  if (config.health_check) out.health_check = health_check(*config.health_check);
  out.gpu_ids = config.gpu_ids;
  out.cgroup_parent = config.cgroup_parent;
  return out;
}

drivers::VolumeConfig to_driver(const task::VolumeConfig& config) {
  return {config.name, config.driver, config.driver_options, config.labels};
}

void gather_ranges(const std::vector<PortMapping>& mappings, std::vector<NetworkBinding>& bindings) {
  for (const PortMapping& mapping : mappings) {
    const auto span = mapping.container_port_range ? parse_port_span(*mapping.container_port_range) : std::nullopt;
    if (!span) continue;
    const auto inside = [&](const NetworkBinding& binding) {
      return binding.protocol == mapping.protocol && binding.container_port >= span->first &&
             binding.container_port <= span->last;
    };
    const auto first = std::ranges::find_if(bindings, inside);
    if (first == bindings.end()) continue;
    NetworkBinding whole = *first;
    const std::int32_t host = first->host_port - (first->container_port - span->first);
    whole.container_port = whole.host_port = 0;
    whole.container_port_range = *mapping.container_port_range;
    whole.host_port_range = str(host, '-', host + span->size() - 1);
    const auto at = first - bindings.begin();
    std::erase_if(bindings, inside);
    bindings.insert(bindings.begin() + at, std::move(whole));
  }
}

task::ObservedContainer from_driver(const std::string& container, const drivers::ContainerState& state) {
  task::ObservedContainer out;
  out.name = container;
  out.phase = phase_of(state.phase);
  out.exit_code = state.exit_code;
  out.out_of_memory = state.out_of_memory;
  out.error = state.error;
  out.started_at = state.started_at;
  out.finished_at = state.finished_at;
  out.health = health_of(state.health);
  out.bindings = bindings_of(state.ports);
  out.id = state.id;
  out.image_id = state.image_id;
  if (const std::string gpus = label_of(state, task::label::gpus); !gpus.empty()) {
    for (const std::string_view id : split(gpus, ',')) out.gpu_ids.emplace_back(id);
  }
  return out;
}

std::map<std::string, std::string> own_labels(const task::Identity& identity) {
  return {{std::string(task::label::cluster_uid), identity.cluster_uid},
          {std::string(task::label::instance), identity.instance}};
}

std::string label_of(const drivers::ContainerState& state, std::string_view label) {
  const auto found = state.labels.find(std::string(label));
  return found == state.labels.end() ? std::string() : found->second;
}

std::string task_uid_of(const std::string& container_name) {
  const std::size_t dash = container_name.rfind('-');
  return dash == std::string::npos ? std::string() : container_name.substr(dash + 1);
}

}  // namespace muster::agent
