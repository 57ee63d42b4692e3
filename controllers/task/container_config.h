// The container that a definition, the task's overrides and the agent's identity describe, as plain values for a
// driver.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controllers/task/configure.h"
#include "controllers/task/desired.h"

namespace muster::task {

// Labels that tell a container of ours; the values are in Identity, DesiredTask and the definition.
namespace label {
inline constexpr std::string_view cluster_uid = "muster.dev/cluster-uid";
inline constexpr std::string_view instance = "muster.dev/container-instance";
inline constexpr std::string_view task_uid = "muster.dev/task-uid";
inline constexpr std::string_view ns = "muster.dev/namespace";
inline constexpr std::string_view service = "muster.dev/service";
inline constexpr std::string_view task = "muster.dev/task";
inline constexpr std::string_view container = "muster.dev/container";
inline constexpr std::string_view revision = "muster.dev/revision";
inline constexpr std::string_view gpus = "muster.dev/gpus";  // the ids of those that it has, separated by commas
}  // namespace label

struct Mount {
  std::string source;  // a path of the host, or the name of a volume there
  std::string target;
  bool read_only = false;
  bool operator==(const Mount&) const = default;
};

struct ContainerConfig {
  std::string name;  // on the host
  std::string image;
  std::vector<std::string> entry_point, command;  // empty: the image's
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> secret_variables;  // of the environment: those whose values are secret; sorted
  std::string working_directory, user, hostname;
  std::map<std::string, std::string> labels;
  NetworkMode network_mode = NetworkMode::bridge;
  std::vector<PortMapping> ports;  // of bridge mode; host port 0: to be chosen
  std::int64_t cpu_shares = 0;
  std::int64_t memory_bytes = 0, memory_reservation_bytes = 0;  // 0: no limit
  bool read_only_root = false, init = false, interactive = false, pseudo_terminal = false;
  std::vector<std::string> links;  // "name on the host:alias"
  std::vector<std::string> dns_servers, dns_search;
  std::vector<std::string> extra_hosts;  // "name:ip"
  std::optional<HealthCheck> health_check;
  std::int64_t shared_memory_bytes = 0;      // 0: the engine's default
  std::int64_t memory_and_swap_bytes = 0;    // 0: the engine's default; memory_bytes: no swap
  std::optional<std::int32_t> swappiness;    // only with memory_and_swap_bytes
  std::map<std::string, std::string> tmpfs;  // directory -> options, separated by commas
  std::vector<Ulimit> ulimits;
  std::vector<Mount> mounts;
  std::vector<std::string> volumes_from;  // "name on the host" or "name on the host:ro"
  bool privileged = false, network_disabled = false;
  std::vector<std::string> capabilities_add, capabilities_drop;
  std::vector<Device> devices;                         // with their paths in the container
  std::map<std::string, std::string> system_controls;  // name -> value
  std::vector<std::string> security_options;           // "name" or "name=value"
  std::string pid_mode;                                // empty: its own; "host", "container:name on the host"
  std::string ipc_mode;                                // empty: the engine's default; the same, "none" and "shareable"
  std::optional<LogConfiguration> log;                 // absent: the driver's default; its options are complete
  std::int64_t gpus = 0;                               // how many it needs
  std::vector<std::string> gpu_ids;                    // which ones; chosen by whoever runs it
  std::string cgroup_parent;                           // the same
};

// muster-<family>-<revision>-<container>-<task uid>, family and container shortened when long.
std::string container_name(const DesiredTask& desired, const std::string& container);

// The definition must be known and have a container of that name.
const ContainerDefinition& definition_of(const DesiredTask& desired, const std::string& container);
// The same. Files of `configured` are left to whoever puts them on the host.
ContainerConfig container_config(const DesiredTask& desired, const Identity& identity, const std::string& container,
                                 const Configured& configured = {});

}  // namespace muster::task
