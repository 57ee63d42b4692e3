// TaskDefinition and TaskDefinitionRevision: ECS's `family` and `family:N`.
#pragma once

#include "api/types/meta.h"
#include "api/types/placement.h"

namespace muster {

struct KeyValuePair {
  std::string name, value;
  bool operator==(const KeyValuePair&) const = default;
};

enum class Protocol { tcp, udp };
struct PortMapping {
  std::int32_t container_port = 0;
  std::int32_t host_port = 0;  // 0: dynamic in bridge mode, the container's port in host mode
  Protocol protocol = Protocol::tcp;
  std::string name;
  std::string app_protocol;
  bool operator==(const PortMapping&) const = default;
};

enum class DependencyCondition { start, complete, success, healthy };
struct ContainerDependency {
  std::string container_name;
  DependencyCondition condition = DependencyCondition::start;
  bool operator==(const ContainerDependency&) const = default;
};

struct HealthCheck {
  std::vector<std::string> command;                                        // first word CMD or CMD-SHELL
  std::int32_t interval = 30, timeout = 5, retries = 3, start_period = 0;  // seconds; retries a count
  bool operator==(const HealthCheck&) const = default;
};

struct HostEntry {
  std::string hostname, ip_address;
  bool operator==(const HostEntry&) const = default;
};

struct Tmpfs {
  std::string container_path;
  std::int32_t size = 0;  // MiB
  std::vector<std::string> mount_options;
  bool operator==(const Tmpfs&) const = default;
};

struct Ulimit {
  std::string name;
  std::int64_t soft_limit = 0, hard_limit = 0;  // -1: unlimited
  bool operator==(const Ulimit&) const = default;
};

struct LinuxParameters {
  bool init_process_enabled = false;
  std::optional<std::int32_t> shared_memory_size;  // MiB
  std::vector<Tmpfs> tmpfs;
  std::optional<std::int32_t> max_swap;    // MiB beside the memory; absent: the engine's default
  std::optional<std::int32_t> swappiness;  // counts with max_swap only
  bool operator==(const LinuxParameters&) const = default;
};

// ECS: only this number of seconds between two restarts of the container by the agent.
struct ContainerDefinition {
  std::string name;
  std::string image;
  std::int32_t cpu = 0;                            // units, 1024 a core
  std::optional<std::int32_t> memory;              // MiB, hard limit
  std::optional<std::int32_t> memory_reservation;  // MiB, soft limit
  bool essential = true;
  std::vector<std::string> entry_point;
  std::vector<std::string> command;
  std::vector<KeyValuePair> environment;
  std::vector<std::string> links;
  std::vector<PortMapping> port_mappings;
  std::vector<ContainerDependency> depends_on;
  std::optional<std::int32_t> start_timeout, stop_timeout;  // seconds
  std::optional<HealthCheck> health_check;
  Labels docker_labels;
  std::string user, working_directory, hostname;
  bool readonly_root_filesystem = false;
  bool interactive = false, pseudo_terminal = false;
  std::vector<std::string> dns_servers, dns_search_domains;
  std::vector<HostEntry> extra_hosts;
  std::optional<LinuxParameters> linux_parameters;
  std::vector<Ulimit> ulimits;
  bool operator==(const ContainerDefinition&) const = default;
};

enum class NetworkMode { bridge, host, none };

struct TaskDefinitionSpec {
  std::string family;  // equals the name of the TaskDefinition; filled at admission
  std::vector<ContainerDefinition> container_definitions;
  NetworkMode network_mode = NetworkMode::bridge;
  std::string cpu, memory;  // "512", "0.5 vCPU"; "1024", "1GB"; normalised to units and MiB at admission
  std::vector<PlacementConstraint> placement_constraints;
  bool operator==(const TaskDefinitionSpec&) const = default;
};

struct TaskDefinitionStatus {
  std::int64_t observed_generation = 0;
  std::int64_t latest_revision = 0;
  bool operator==(const TaskDefinitionStatus&) const = default;
};

struct TaskDefinition : Object {
  using base_of_kind = Object;
  TaskDefinitionSpec spec;
  TaskDefinitionStatus status;
};

enum class RevisionState { active, inactive };
struct TaskDefinitionRevisionStatus {
  RevisionState status = RevisionState::active;
  std::int64_t revision = 0;
  bool operator==(const TaskDefinitionRevisionStatus&) const = default;
};

// Immutable, named "family:N".
struct TaskDefinitionRevision : Object {
  using base_of_kind = Object;
  TaskDefinitionSpec spec;
  TaskDefinitionRevisionStatus status;
};

// What one task of this definition reserves (ECS: task size if set, else the sum over the containers).
struct Resources {
  std::int64_t cpu = 0;  // units
  std::int64_t memory_mib = 0;
  std::vector<std::int32_t> tcp_ports, udp_ports;  // host ports that are fixed; sorted
  bool operator==(const Resources&) const = default;
};
Resources resources_of(const TaskDefinitionSpec& spec);
// Whether an essential container has a health check.
bool has_health_check(const TaskDefinitionSpec& spec);

}  // namespace muster
