// TaskDefinition and TaskDefinitionRevision: ECS's `family` and `family:N`.
#pragma once

#include "api/types/config_source.h"
#include "api/types/linux_parameters.h"
#include "api/types/meta.h"
#include "api/types/placement.h"
#include "api/types/volume.h"

namespace muster {

struct KeyValuePair {
  std::string name, value;
  bool operator==(const KeyValuePair&) const = default;
};

enum class Protocol { tcp, udp };
struct PortMapping {
  std::int32_t container_port = 0;  // the first one of container_port_range
  std::int32_t host_port = 0;       // 0: dynamic in bridge mode, the container's port in host mode
  Protocol protocol = Protocol::tcp;
  std::string name;
  std::string app_protocol;
  std::optional<std::string> container_port_range = std::nullopt;  // "8000-8009"
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

// Restarts of the container by its agent, without a new task.
struct RestartPolicy {
  bool enabled = false;
  std::vector<std::int32_t> ignored_exit_codes;  // with these the container stays stopped
  std::int32_t restart_attempt_period = 300;     // seconds that it must have run before a restart
  bool operator==(const RestartPolicy&) const = default;
};

struct LogConfiguration {
  std::string log_driver;
  Labels options;
  std::vector<SecretVariable> secret_options;  // options whose values are in Secrets
  bool operator==(const LogConfiguration&) const = default;
};

// By what the image's registry is told who pulls. ECS: RepositoryCredentials.
struct RepositoryCredentials {
  std::string credentials_parameter;  // the name of a Secret in the task's namespace
  bool operator==(const RepositoryCredentials&) const = default;
};
ConfigReference reference_of(const RepositoryCredentials& credentials);

// ECS has InferenceAccelerator too, which AWS has retired.
enum class ResourceType { gpu };
struct ResourceRequirement {
  ResourceType type = ResourceType::gpu;
  std::string value;  // how many, as text
  bool operator==(const ResourceRequirement&) const = default;
};
// How many GPUs they ask for.
std::int64_t gpus_of(const std::vector<ResourceRequirement>& requirements);

// Whether all tasks of a deployment run the image that the tag meant for the first of them.
enum class VersionConsistency { enabled, disabled };

struct ContainerDefinition {
  std::string name;
  std::string image;
  // Absent: enabled.
  std::optional<VersionConsistency> version_consistency;
  std::optional<RepositoryCredentials> repository_credentials;
  std::int32_t cpu = 0;                            // units, 1024 a core
  std::optional<std::int32_t> memory;              // MiB, hard limit
  std::optional<std::int32_t> memory_reservation;  // MiB, soft limit
  bool essential = true;
  std::vector<std::string> entry_point;
  std::vector<std::string> command;
  std::vector<KeyValuePair> environment;
  std::vector<SecretVariable> secrets;
  std::vector<EnvironmentFile> environment_files;
  std::vector<EnvironmentSource> environment_from;
  std::vector<ConfigMount> config_files;
  std::vector<std::string> links;
  std::vector<PortMapping> port_mappings;
  std::vector<ContainerDependency> depends_on;
  std::optional<std::int32_t> start_timeout, stop_timeout;  // seconds
  std::optional<HealthCheck> health_check, readiness_check;
  Labels docker_labels;
  std::string user, working_directory, hostname;
  bool readonly_root_filesystem = false;
  bool interactive = false, pseudo_terminal = false;
  std::vector<std::string> dns_servers, dns_search_domains;
  std::vector<HostEntry> extra_hosts;
  std::optional<LinuxParameters> linux_parameters;
  std::vector<Ulimit> ulimits;
  std::vector<MountPoint> mount_points;
  std::vector<VolumeFrom> volumes_from;
  bool privileged = false;
  std::vector<SystemControl> system_controls;
  std::vector<std::string> docker_security_options;
  bool disable_networking = false;
  std::vector<ResourceRequirement> resource_requirements;
  std::optional<LogConfiguration> log_configuration;
  std::optional<RestartPolicy> restart_policy;
  bool operator==(const ContainerDefinition&) const = default;
};

enum class NetworkMode { bridge, host, none };
enum class PidMode { host, task };
enum class IpcMode { host, task, none };

struct TaskDefinitionSpec {
  std::string family;  // equals the name of the TaskDefinition; filled at admission
  std::vector<ContainerDefinition> container_definitions;
  NetworkMode network_mode = NetworkMode::bridge;
  std::string cpu, memory;  // "512", "0.5 vCPU"; "1024", "1GB"; normalised to units and MiB at admission
  std::vector<PlacementConstraint> placement_constraints;
  std::vector<Toleration> tolerations;  // not of ECS
  std::vector<Volume> volumes;
  std::optional<PidMode> pid_mode;  // absent: each container has its own processes
  std::optional<IpcMode> ipc_mode;  // absent: the container engine's default
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
  std::int64_t gpus = 0;
  std::vector<std::int32_t> tcp_ports, udp_ports;  // host ports that are fixed; sorted
  bool operator==(const Resources&) const = default;
};
Resources resources_of(const TaskDefinitionSpec& spec);
// The Secrets and ConfigMaps that its containers take values from, sorted, each once. Credentials for registries are
// not among them: a change of those changes nothing of what runs.
std::vector<ConfigReference> config_references(const TaskDefinitionSpec& spec);
bool has_config_references(const ContainerDefinition& container);
// Whose processes or shared memory the others join with pidMode or ipcMode task: the first essential container that
// waits for no other, so that its end is the task's. Null when nothing is shared, or none can hold it.
const ContainerDefinition* namespace_holder(const TaskDefinitionSpec& spec);
// Whether an essential container has a health check.
bool has_health_check(const TaskDefinitionSpec& spec);
// Of any container.
bool has_readiness_check(const TaskDefinitionSpec& spec);

}  // namespace muster
