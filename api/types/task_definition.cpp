#include "api/types/task_definition.h"

#include <algorithm>

#include "api/base/limits.h"
#include "api/types/describe_kind.h"
#include "api/types/patterns.h"

namespace muster {
template <>
Type Describe<KeyValuePair>::type() {
  return object<KeyValuePair>(
      "KeyValuePair", "An environment variable.",
      field<&KeyValuePair::name>("name", "The name of the variable.").required().pattern(patterns::environment_name),
      field<&KeyValuePair::value>("value", "Its value.").keep_zero());
}

template <>
Type Describe<Protocol>::type() {
  return enumeration<Protocol>("TransportProtocol", "The protocol of a port.", {"tcp", "udp"});
}

template <>
Type Describe<PortMapping>::type() {
  return object<PortMapping>(
      "PortMapping", "A port of the container that is reachable on the host.",
      field<&PortMapping::container_port>("containerPort",
                                          "The port that the program in the container listens on; the first "
                                          "one of containerPortRange, and filled from it.")
          .range(0, 65'535)
          .keep_zero(),
      field<&PortMapping::host_port>("hostPort",
                                     "The port of the host. In bridge mode 0 or absent means that the agent "
                                     "picks a free one; in host mode it is the container's port.")
          .range(0, 65'535),
      field<&PortMapping::protocol>("protocol", "tcp or udp."),
      field<&PortMapping::name>("name", "A name for the port, unique in the task definition.")
          .pattern(patterns::port_name),
      field<&PortMapping::app_protocol>("appProtocol", "What is spoken on the port: http, http2 or grpc.")
          .pattern(patterns::app_protocol),
      field<&PortMapping::container_port_range>(
          "containerPortRange",
          "More ports than one, \"FIRST-LAST\": as many ports of the host, one after the other, are picked by the "
          "agent. Only in bridge mode.")
          .pattern(patterns::port_span));
}

template <>
Type Describe<DependencyCondition>::type() {
  return enumeration<DependencyCondition>("ContainerCondition",
                                          "START: the other container has started. COMPLETE: it has ended. SUCCESS: it "
                                          "has ended with exit code 0. HEALTHY: "
                                          "its health check passes.",
                                          {"START", "COMPLETE", "SUCCESS", "HEALTHY"});
}

template <>
Type Describe<ContainerDependency>::type() {
  return object<ContainerDependency>(
      "ContainerDependency", "A container that must reach a condition before this one starts.",
      field<&ContainerDependency::container_name>("containerName", "A container of the same task definition.")
          .required(),
      field<&ContainerDependency::condition>("condition", "What it must have reached."));
}

template <>
Type Describe<HealthCheck>::type() {
  return object<HealthCheck>(
      "HealthCheck", "A command that is run in the container again and again; its exit code 0 means healthy.",
      field<&HealthCheck::command>("command",
                                   "The command: CMD and its words, or CMD-SHELL and one line for the "
                                   "container's shell. NONE is not supported: leave the check out.")
          .required()
          .atomic(),
      field<&HealthCheck::interval>("interval", "Seconds between two runs.").range(5, 300),
      field<&HealthCheck::timeout>("timeout", "Seconds after which a run counts as failed.").range(2, 60),
      field<&HealthCheck::retries>("retries", "Failed runs in a row that make the container UNHEALTHY.").range(1, 10),
      field<&HealthCheck::start_period>("startPeriod", "Seconds after the start in which failures do not count.")
          .range(0, 300));
}

template <>
Type Describe<HostEntry>::type() {
  return object<HostEntry>("HostEntry", "A line of the container's /etc/hosts.",
                           field<&HostEntry::hostname>("hostname", "The name.").required().max_length(255),
                           field<&HostEntry::ip_address>("ipAddress", "The address that the name stands for.")
                               .required()
                               .pattern(patterns::ip_address));
}

template <>
Type Describe<LogConfiguration>::type() {
  return object<LogConfiguration>(
      "LogConfiguration", "Where the container's output goes.",
      field<&LogConfiguration::log_driver>(
          "logDriver",
          "A log driver of the container engine: json-file, local, none, syslog, journald, gelf, fluentd, awslogs, "
          "splunk, gcplogs or logentries.")
          .required()
          .pattern(patterns::log_driver),
      field<&LogConfiguration::options>(
          "options",
          "Options of the driver. json-file keeps 3 files of 10 MB when max-size and max-file are not given.")
          .max_items(64)
          .max_length(4096),
      field<&LogConfiguration::secret_options>("secretOptions",
                                               "Options of the driver whose values are in Secrets, as those of "
                                               "secrets. The container engine stores them and "
                                               "shows them to whoever may inspect the container.")
          .max_items(64)
          .keyed_by("name"));
}

template <>
Type Describe<RestartPolicy>::type() {
  return object<RestartPolicy>(
      "RestartPolicy", "Restarts of the container by its agent: the same container in the same task.",
      field<&RestartPolicy::enabled>("enabled", "Whether it is restarted when it exits.").required().keep_zero(),
      field<&RestartPolicy::ignored_exit_codes>("ignoredExitCodes", "Exit codes after which it stays stopped.")
          .range(0, 255)
          .max_items(50)
          .atomic(),
      field<&RestartPolicy::restart_attempt_period>("restartAttemptPeriod",
                                                    "Seconds that it must have run: an exit before them is final.")
          .range(60, 1800));
}

template <>
Type Describe<RepositoryCredentials>::type() {
  return object<RepositoryCredentials>(
      "RepositoryCredentials", "By what the image's registry is told who pulls.",
      field<&RepositoryCredentials::credentials_parameter>(
          "credentialsParameter",
          "The name of a Secret in the task's namespace, with the keys username and password or, as in Secrets of type "
          "kubernetes.io/dockerconfigjson, .dockerconfigjson. There are no ARNs here.")
          .required()
          .pattern(patterns::object_name));
}

template <>
Type Describe<ResourceType>::type() {
  return enumeration<ResourceType>(
      "ResourceType", "GPU: whole GPUs of the host. ECS's InferenceAccelerator is not supported.", {"GPU"});
}

template <>
Type Describe<ResourceRequirement>::type() {
  return object<ResourceRequirement>(
      "ResourceRequirement", "What a container needs of the host's devices, for itself alone.",
      field<&ResourceRequirement::type>("type", "What is needed: GPU.").required().keep_zero(),
      field<&ResourceRequirement::value>("value", "How many GPUs, as in \"1\".")
          .required()
          .pattern(patterns::gpu_count));
}

template <>
Type Describe<VersionConsistency>::type() {
  return enumeration<VersionConsistency>(
      "VersionConsistency",
      "enabled: all tasks of a deployment run the image that its tag meant for the first of them. disabled: each task "
      "runs what the tag means when it starts.",
      {"enabled", "disabled"});
}

template <>
Type Describe<ContainerDefinition>::type() {
  return object<ContainerDefinition>(
      "ContainerDefinition", "One container of a task.",
      field<&ContainerDefinition::name>("name", "The name of the container, unique in the task definition.")
          .required()
          .pattern(patterns::ecs_name),
      field<&ContainerDefinition::image>("image", "The image: \"repository:tag\" or \"repository@sha256:...\".")
          .required()
          .pattern(patterns::image),
      field<&ContainerDefinition::version_consistency>(
          "versionConsistency",
          "Whether the image's tag is resolved once for each deployment of "
          "a service."),
      field<&ContainerDefinition::repository_credentials>(
          "repositoryCredentials",
          "Credentials for the image's registry. Absent: those that the agent of the host has (--docker-config)."),
      field<&ContainerDefinition::cpu>("cpu",
                                       "CPU units (1024 are one core) that are reserved on the host, and the "
                                       "container's share when the CPU is busy.")
          .range(0, 196'608)
          .keep_zero(),
      field<&ContainerDefinition::memory>("memory", "MiB that the container may use; it is killed beyond them.")
          .range(6, 1'073'741'824),
      field<&ContainerDefinition::memory_reservation>(
          "memoryReservation", "MiB that are reserved on the host. With memory as well, it must be the smaller one.")
          .range(1, 1'073'741'824),
      field<&ContainerDefinition::essential>(
          "essential", "When an essential container stops, the whole task stops. At least one must be essential.")
          .keep_zero(),
      field<&ContainerDefinition::entry_point>("entryPoint", "Replaces the image's entry point.").atomic(),
      field<&ContainerDefinition::command>("command", "Replaces the image's command.").atomic(),
      field<&ContainerDefinition::environment>("environment", "Environment variables.").keyed_by("name"),
      field<&ContainerDefinition::secrets>("secrets",
                                           "Environment variables from Secrets. No name may be in environment too.")
          .keyed_by("name"),
      field<&ContainerDefinition::environment_files>(
          "environmentFiles",
          "Values that hold lines of environment variables. Of equal names the earlier file holds; environment and "
          "secrets go before all files.")
          .max_items(10)
          .atomic(),
      field<&ContainerDefinition::environment_from>("envFrom",
                                                    "Whole Secrets and ConfigMaps as environment variables. Of equal "
                                                    "names the later one holds; environmentFiles, "
                                                    "environment and secrets go before all of them.")
          .max_items(32)
          .atomic(),
      field<&ContainerDefinition::config_files>("configFiles", "Files from Secrets and ConfigMaps.")
          .max_items(32)
          .keyed_by("containerPath"),
      field<&ContainerDefinition::links>("links",
                                         "Containers of the task that are reachable by name: \"name\" or "
                                         "\"name:alias\". Only in bridge mode; they start before this one.")
          .atomic(),
      field<&ContainerDefinition::port_mappings>("portMappings",
                                                 "Ports that are reachable on the host. A container port "
                                                 "may be named once for each protocol.")
          .keyed_by("containerPort", "protocol"),
      field<&ContainerDefinition::depends_on>("dependsOn",
                                              "Containers that must reach a condition before this one "
                                              "starts; on the way down it stops before them.")
          .keyed_by("containerName"),
      field<&ContainerDefinition::start_timeout>(
          "startTimeout", "Seconds that containers which depend on this one wait for it; then they fail.")
          .range(1, 86'400),
      field<&ContainerDefinition::stop_timeout>("stopTimeout",
                                                "Seconds between the stop signal and SIGKILL; 30 when absent.")
          .range(1, 86'400),
      field<&ContainerDefinition::health_check>("healthCheck",
                                                "A command that tells whether the container is healthy. A task of "
                                                "a service whose essential container is not is replaced."),
      field<&ContainerDefinition::readiness_check>(
          "readinessCheck",
          "A command that tells whether the container can do its work now. As long as it cannot, the task takes no "
          "traffic and does not count as healthy, but nothing is stopped because of it. Ours, ECS has none."),
      field<&ContainerDefinition::docker_labels>("dockerLabels",
                                                 "Labels of the container in the container engine. Keys "
                                                 "that begin with com.amazonaws.ecs. or muster.dev/ are "
                                                 "reserved."),
      field<&ContainerDefinition::user>("user",
                                        "The user in the container: \"user\", \"user:group\", \"uid\" or "
                                        "\"uid:gid\".")
          .max_length(255),
      field<&ContainerDefinition::working_directory>("workingDirectory", "The directory that the command runs in.")
          .max_length(4096),
      field<&ContainerDefinition::hostname>("hostname", "The host name that the container sees. Not in host mode.")
          .max_length(63),
      field<&ContainerDefinition::readonly_root_filesystem>("readonlyRootFilesystem",
                                                            "Mounts the container's root file system read-only."),
      field<&ContainerDefinition::interactive>("interactive", "Keeps standard input open."),
      field<&ContainerDefinition::pseudo_terminal>("pseudoTerminal", "Gives the container a terminal."),
      field<&ContainerDefinition::dns_servers>("dnsServers", "Addresses of name servers for the container.")
          .pattern(patterns::ip_address)
          .atomic(),
      field<&ContainerDefinition::dns_search_domains>("dnsSearchDomains", "Domains that names are looked up in.")
          .max_length(253)
          .atomic(),
      field<&ContainerDefinition::extra_hosts>("extraHosts", "Lines for the container's /etc/hosts.").atomic(),
      field<&ContainerDefinition::linux_parameters>("linuxParameters", "Options of the Linux kernel."),
      field<&ContainerDefinition::ulimits>("ulimits", "Limits of the kernel for each process.").keyed_by("name"),
      field<&ContainerDefinition::mount_points>("mountPoints", "Where it sees volumes of the task definition.")
          .max_items(100)
          .keyed_by("containerPath"),
      field<&ContainerDefinition::volumes_from>("volumesFrom",
                                                "Containers whose volumes it sees as they do; they are created before "
                                                "this one.")
          .keyed_by("sourceContainer"),
      field<&ContainerDefinition::privileged>("privileged", "Gives the container all that root of the host may do."),
      field<&ContainerDefinition::system_controls>("systemControls",
                                                   "Parameters of the kernel that the container has for itself.")
          .max_items(100)
          .keyed_by("namespace"),
      field<&ContainerDefinition::docker_security_options>(
          "dockerSecurityOptions", "no-new-privileges, apparmor:PROFILE and label:OPTION of SELinux.")
          .pattern(patterns::security_option)
          .max_items(32)
          .atomic(),
      field<&ContainerDefinition::disable_networking>("disableNetworking", "Leaves this container without a network."),
      field<&ContainerDefinition::resource_requirements>("resourceRequirements",
                                                         "GPUs of the host that no other container has meanwhile.")
          .keyed_by("type"),
      field<&ContainerDefinition::log_configuration>(
          "logConfiguration", "Where its output goes. Absent: the engine's json-file, at most 3 files of 10 MB."),
      field<&ContainerDefinition::restart_policy>("restartPolicy", "Whether its agent restarts it when it exits."));
}

template <>
Type Describe<NetworkMode>::type() {
  return enumeration<NetworkMode>("NetworkMode",
                                  "bridge: a private network with ports published on the host. host: the host's own "
                                  "network. none: no network.",
                                  {"bridge", "host", "none"});
}

template <>
Type Describe<PidMode>::type() {
  return enumeration<PidMode>(
      "PidMode", "host: the containers see all processes of the host. task: they see each other's.", {"host", "task"});
}

template <>
Type Describe<IpcMode>::type() {
  return enumeration<IpcMode>("IpcMode",
                              "Shared memory and semaphores. host: those of the host. task: one for all containers of "
                              "the task. none: each container has its own and no /dev/shm.",
                              {"host", "task", "none"});
}

template <>
Type Describe<TaskDefinitionSpec>::type() {
  return object<TaskDefinitionSpec>(
      "TaskDefinitionSpec",
      "The containers of a task, and what they need. The fields are those of ECS's task definition.",
      field<&TaskDefinitionSpec::family>("family", "The name of the TaskDefinition; filled from metadata.name.")
          .immutable()
          .pattern(patterns::ecs_name),
      field<&TaskDefinitionSpec::container_definitions>("containerDefinitions",
                                                        "The containers, which run together on one host.")
          .required()
          .max_items(limits::containers_per_task)
          .keyed_by("name"),
      field<&TaskDefinitionSpec::network_mode>("networkMode", "The network of the containers."),
      field<&TaskDefinitionSpec::cpu>("cpu",
                                      "CPU that the whole task may use: units (\"512\") or vCPUs (\"0.5 vCPU\"). "
                                      "Absent: no limit for the task.")
          .pattern(patterns::cpu),
      field<&TaskDefinitionSpec::memory>("memory",
                                         "Memory that the whole task may use: MiB (\"512\") or gigabytes "
                                         "(\"1GB\"). Absent: every container needs memory or "
                                         "memoryReservation.")
          .pattern(patterns::memory),
      field<&TaskDefinitionSpec::placement_constraints>(
          "placementConstraints", "Rules that a host must satisfy to run a task of this definition: memberOf only.")
          .max_items(10)
          .atomic(),
      field<&TaskDefinitionSpec::tolerations>(
          "tolerations", "Taints of hosts that tasks of this definition put up with, as in Kubernetes. Not of ECS.")
          .max_items(50)
          .atomic(),
      field<&TaskDefinitionSpec::volumes>("volumes", "Data that containers mount by mountPoints.")
          .max_items(100)
          .keyed_by("name"),
      field<&TaskDefinitionSpec::pid_mode>("pidMode", "Whose processes the containers see. Absent: each only its own."),
      field<&TaskDefinitionSpec::ipc_mode>("ipcMode",
                                           "Whose shared memory the containers see. Absent: as the container engine is "
                                           "set up, each its own."));
}

template <>
Type Describe<TaskDefinitionStatus>::type() {
  return object<TaskDefinitionStatus>(
      "TaskDefinitionStatus", "What the server made of the definition.",
      field<&TaskDefinitionStatus::observed_generation>("observedGeneration",
                                                        "The metadata.generation that this status belongs to.")
          .keep_zero()
          .written_by(Writer::server),
      field<&TaskDefinitionStatus::latest_revision>("latestRevision", "The number of the newest revision.")
          .keep_zero()
          .written_by(Writer::server));
}

template <>
Type Describe<TaskDefinition>::type() {
  return kind_object<TaskDefinition>(
      "TaskDefinition",
      "What a task is made of: ECS's task definition family. Each change of the spec makes the next revision, a "
      "TaskDefinitionRevision named \"family:N\".",
      field<&TaskDefinition::metadata>("metadata", "The name is the family."),
      field<&TaskDefinition::spec>("spec", "What is wanted.").required(),
      field<&TaskDefinition::status>("status", "What is observed.").written_by(Writer::server));
}

template <>
Type Describe<RevisionState>::type() {
  return enumeration<RevisionState>("TaskDefinitionState",
                                    "ACTIVE: usable. INACTIVE: its family was deleted; services that use it go on.",
                                    {"ACTIVE", "INACTIVE"});
}

template <>
Type Describe<TaskDefinitionRevisionStatus>::type() {
  return object<TaskDefinitionRevisionStatus>(
      "TaskDefinitionRevisionStatus", "The state of the revision.",
      field<&TaskDefinitionRevisionStatus::status>("status", "ACTIVE or INACTIVE.").written_by(Writer::server),
      field<&TaskDefinitionRevisionStatus::revision>("revision", "The number of the revision, counted from 1.")
          .keep_zero()
          .written_by(Writer::server));
}

template <>
Type Describe<TaskDefinitionRevision>::type() {
  return kind_object<TaskDefinitionRevision>(
      "TaskDefinitionRevision",
      "One revision of a task definition, made by the server when a TaskDefinition is written. It never changes; "
      "services "
      "and tasks refer to it.",
      field<&TaskDefinitionRevision::metadata>("metadata", "The name is \"family:N\"."),
      field<&TaskDefinitionRevision::spec>("spec", "The definition as it was.").required().immutable(),
      field<&TaskDefinitionRevision::status>("status", "Whether the revision may be used.").written_by(Writer::server));
}

std::int64_t gpus_of(const std::vector<ResourceRequirement>& requirements) {
  std::int64_t sum = 0;
  for (const ResourceRequirement& each : requirements) sum += parse_gpu_count(each.value).value_or(0);
  return sum;
}

Resources resources_of(const TaskDefinitionSpec& spec) {
  Resources sum;
  for (const ContainerDefinition& container : spec.container_definitions) {
    sum.gpus += gpus_of(container.resource_requirements);
    sum.cpu += container.cpu;
    sum.memory_mib += container.memory_reservation.value_or(container.memory.value_or(0));
    for (const PortMapping& mapping : container.port_mappings) {
      std::int32_t port = spec.network_mode == NetworkMode::none ? 0 : mapping.host_port;
      if (spec.network_mode == NetworkMode::host && port == 0) port = mapping.container_port;
      if (port != 0) (mapping.protocol == Protocol::tcp ? sum.tcp_ports : sum.udp_ports).push_back(port);
    }
  }
  if (const auto cpu = parse_cpu(spec.cpu)) sum.cpu = *cpu;
  if (const auto memory = parse_memory(spec.memory)) sum.memory_mib = *memory;
  for (auto* ports : {&sum.tcp_ports, &sum.udp_ports}) {
    std::sort(ports->begin(), ports->end());
    ports->erase(std::unique(ports->begin(), ports->end()), ports->end());
  }
  return sum;
}

const ContainerDefinition* namespace_holder(const TaskDefinitionSpec& spec) {
  if (spec.pid_mode != PidMode::task && spec.ipc_mode != IpcMode::task) return nullptr;
  const auto found = std::ranges::find_if(spec.container_definitions, [](const ContainerDefinition& each) {
    return each.essential && each.depends_on.empty() && each.links.empty() && each.volumes_from.empty();
  });
  return found == spec.container_definitions.end() ? nullptr : &*found;
}

bool has_health_check(const TaskDefinitionSpec& spec) {
  return std::ranges::any_of(spec.container_definitions,
                             [](const ContainerDefinition& each) { return each.essential && each.health_check; });
}

bool has_readiness_check(const TaskDefinitionSpec& spec) {
  return std::ranges::any_of(spec.container_definitions,
                             [](const ContainerDefinition& each) { return each.readiness_check.has_value(); });
}

}  // namespace muster
