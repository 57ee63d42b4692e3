#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/base/base64.h"
#include "api/base/text.h"
#include "runtime/drivers/docker/wire.h"

namespace muster::drivers::docker {

namespace {

using Json = nlohmann::ordered_json;

// Linux's own limits of cpu.shares.
constexpr std::int64_t cpu_shares_min = 2;
constexpr std::int64_t cpu_shares_max = 262144;

std::string port_key(const PortMapping& port) {
  return str(port.container_port, "/", port.protocol);
}

void put_text(Json& out, const char* key, const std::string& value) {
  if (!value.empty()) out[key] = value;
}

void put_list(Json& out, const char* key, const std::vector<std::string>& value) {
  if (!value.empty()) out[key] = value;
}

Json health_check(const std::optional<HealthCheck>& check) {
  Json out = Json::object();
  if (!check) {
    // ECS ignores the check of an image.
    out["Test"] = std::vector<std::string>{"NONE"};
    return out;
  }
  out["Test"] = check->test;
  if (check->interval.count() > 0) out["Interval"] = check->interval.count();
  if (check->timeout.count() > 0) out["Timeout"] = check->timeout.count();
  if (check->start_period.count() > 0) out["StartPeriod"] = check->start_period.count();
  if (check->retries > 0) out["Retries"] = check->retries;
  return out;
}

Json port_bindings(const ContainerConfig& config) {
  Json out = Json::object();
  for (const PortMapping& port : config.ports) {
    Json binding = Json::object();
    put_text(binding, "HostIp", port.host_ip);
    binding["HostPort"] = port.host_port == 0 ? std::string() : std::to_string(port.host_port);
    Json& list = out[port_key(port)];
    if (list.is_null()) list = Json::array();
    list.push_back(std::move(binding));
  }
  return out;
}

std::vector<std::string> binds(const ContainerConfig& config) {
  std::vector<std::string> out;
  for (const Mount& mount : config.mounts) {
    out.push_back(str(mount.source, ':', mount.target, mount.read_only ? ":ro" : ""));
  }
  return out;
}

void put_powers(Json& out, const ContainerConfig& config) {
  if (config.privileged) out["Privileged"] = true;
  put_list(out, "CapAdd", config.capabilities_add);
  put_list(out, "CapDrop", config.capabilities_drop);
  for (const Device& device : config.devices) {
    Json entry = Json::object();
    entry["PathOnHost"] = device.host_path;
    entry["PathInContainer"] = device.container_path;
    entry["CgroupPermissions"] = device.permissions;
    out["Devices"].push_back(std::move(entry));
  }
  if (!config.system_controls.empty()) out["Sysctls"] = config.system_controls;
  put_list(out, "SecurityOpt", config.security_options);
  put_text(out, "PidMode", config.pid_mode);
  put_text(out, "IpcMode", config.ipc_mode);
}

// json-file, the default, has no bound of its own.
Json log_config(const ContainerConfig& config, const LogPolicy& policy) {
  Json out = Json::object();
  const LogConfig log = config.log.value_or(LogConfig{"json-file", {}});
  out["Type"] = log.driver;
  if (log.driver == "json-file") {
    out["Config"]["max-size"] = policy.max_size;
    out["Config"]["max-file"] = std::to_string(policy.max_files);
  }
  for (const auto& [key, value] : log.options) out["Config"][key] = value;
  return out;
}

// NVIDIA's container toolkit answers to the capability.
void put_gpus(Json& out, const ContainerConfig& config) {
  if (config.gpu_ids.empty()) return;
  Json request = Json::object();
  request["DeviceIDs"] = config.gpu_ids;
  request["Capabilities"] = Json::array({Json::array({"gpu"})});
  out["DeviceRequests"].push_back(std::move(request));
}

// Not as "Binds": for those the engine makes a folder where the source is missing.
void put_file_mounts(Json& out, const ContainerConfig& config) {
  for (const FileMount& mount : config.file_mounts) {
    Json entry = Json::object();
    entry["Type"] = "bind";
    entry["Source"] = mount.source;
    entry["Target"] = mount.target;
    entry["ReadOnly"] = true;
    out["Mounts"].push_back(std::move(entry));
  }
}

Json host_config(const ContainerConfig& config, const LogPolicy& log) {
  Json out = Json::object();
  out["NetworkMode"] = config.network_mode;
  if (config.network_mode == "bridge" && !config.ports.empty()) out["PortBindings"] = port_bindings(config);
  if (config.cpu_shares > 0) out["CpuShares"] = std::clamp(config.cpu_shares, cpu_shares_min, cpu_shares_max);
  if (config.memory_bytes > 0) out["Memory"] = config.memory_bytes;
  if (config.memory_reservation_bytes > 0) out["MemoryReservation"] = config.memory_reservation_bytes;
  if (config.memory_and_swap_bytes > 0) out["MemorySwap"] = config.memory_and_swap_bytes;
  if (config.swappiness) out["MemorySwappiness"] = *config.swappiness;
  if (config.shared_memory_bytes > 0) out["ShmSize"] = config.shared_memory_bytes;
  if (!config.tmpfs.empty()) out["Tmpfs"] = config.tmpfs;
  for (const Ulimit& limit : config.ulimits) {
    Json entry = Json::object();
    entry["Name"] = limit.name;
    entry["Soft"] = limit.soft;
    entry["Hard"] = limit.hard;
    out["Ulimits"].push_back(std::move(entry));
  }
  put_list(out, "Binds", binds(config));
  put_file_mounts(out, config);
  put_list(out, "VolumesFrom", config.volumes_from);
  put_powers(out, config);
  put_gpus(out, config);
  put_text(out, "CgroupParent", config.cgroup_parent);
  if (config.read_only_root) out["ReadonlyRootfs"] = true;
  if (config.init) out["Init"] = true;
  put_list(out, "Links", config.links);
  put_list(out, "Dns", config.dns_servers);
  put_list(out, "DnsSearch", config.dns_search);
  put_list(out, "ExtraHosts", config.extra_hosts);
  out["RestartPolicy"]["Name"] = "no";  // the agent restarts
  out["LogConfig"] = log_config(config, log);
  return out;
}

}  // namespace

Result<std::string> encode_create(const ContainerConfig& config, const LogPolicy& log) {
  Json out = Json::object();
  out["Image"] = config.image;
  if (config.entry_point && !config.entry_point->empty()) out["Entrypoint"] = *config.entry_point;
  if (config.command && !config.command->empty()) out["Cmd"] = *config.command;
  std::vector<std::string> environment;
  for (const auto& [name, value] : config.environment) environment.push_back(str(name, "=", value));
  put_list(out, "Env", environment);
  put_text(out, "WorkingDir", config.working_directory);
  put_text(out, "User", config.user);
  put_text(out, "Hostname", config.hostname);
  put_text(out, "StopSignal", config.stop_signal);
  if (config.interactive) out["OpenStdin"] = true;
  if (config.pseudo_terminal) out["Tty"] = true;
  if (config.network_disabled) out["NetworkDisabled"] = true;
  if (!config.labels.empty()) out["Labels"] = config.labels;
  if (config.network_mode != "none") {
    for (const PortMapping& port : config.ports) out["ExposedPorts"][port_key(port)] = Json::object();
  }
  out["Healthcheck"] = health_check(config.health_check);
  out["HostConfig"] = host_config(config, log);
  try {
    return out.dump();
  } catch (const Json::exception&) {
    return Error{Code::invalid, "the container's configuration is not valid UTF-8", {}};
  }
}

Result<std::string> encode_exec(const std::vector<std::string>& command, const ProcessStreams& streams) {
  Json out = Json::object();
  out["Cmd"] = command;
  out["AttachStdin"] = streams.input;
  out["AttachStdout"] = streams.output;
  out["AttachStderr"] = streams.errors;
  out["Tty"] = streams.terminal;
  try {
    return out.dump();
  } catch (const Json::exception&) {
    return Error{Code::invalid, "the command is not valid UTF-8", {}};
  }
}

std::string encode_exec_start(const ProcessStreams& streams) {
  Json out = Json::object();
  out["Detach"] = false;
  out["Tty"] = streams.terminal;
  return out.dump();
}

Result<std::string> encode_volume(const VolumeConfig& config) {
  Json out = Json::object();
  out["Name"] = config.name;
  put_text(out, "Driver", config.driver);
  if (!config.driver_options.empty()) out["DriverOpts"] = config.driver_options;
  if (!config.labels.empty()) out["Labels"] = config.labels;
  try {
    return out.dump();
  } catch (const Json::exception&) {
    return Error{Code::invalid, "the volume's configuration is not valid UTF-8", {}};
  }
}

std::string encode_filters(const std::map<std::string, std::string>& labels, std::string_view type) {
  Json out = Json::object();
  if (!type.empty()) out["type"].push_back(std::string(type));
  for (const auto& [key, value] : labels) out["label"].push_back(str(key, "=", value));
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string encode_auth(const RegistryAuth& auth) {
  Json out = Json::object();
  if (auth.identity_token.empty()) {
    out["username"] = auth.username;
    out["password"] = auth.password;
  } else {
    out["identitytoken"] = auth.identity_token;
  }
  if (!auth.registry.empty()) out["serveraddress"] = auth.registry;
  std::string value = encode_base64(out.dump(-1, ' ', false, Json::error_handler_t::replace));
  // The alphabet for addresses.
  std::replace(value.begin(), value.end(), '+', '-');
  std::replace(value.begin(), value.end(), '/', '_');
  return value;
}

}  // namespace muster::drivers::docker
