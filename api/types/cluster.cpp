#include "api/types/cluster.h"

#include "api/types/describe_kind.h"
#include "api/types/patterns.h"

namespace muster {

template <>
Type Describe<ClusterSpec>::type() {
  return object<ClusterSpec>(
      "ClusterSpec", "How the cluster treats its hosts.",
      field<&ClusterSpec::lost_after>("lostAfter",
                                      "How long a host may be unreachable before it counts as lost and its "
                                      "tasks are replaced.")
          .between(std::chrono::milliseconds(100), std::chrono::hours(24)));
}

template <>
Type Describe<ClusterStatus>::type() {
  return object<ClusterStatus>(
      "ClusterStatus", "What is in the cluster.",
      field<&ClusterStatus::observed_generation>("observedGeneration",
                                                 "The metadata.generation that this status belongs to.")
          .keep_zero()
          .written_by(Writer::instance),
      field<&ClusterStatus::status>("status", "ACTIVE.").written_by(Writer::instance),
      field<&ClusterStatus::registered_container_instances_count>("registeredContainerInstancesCount", "Its hosts.")
          .keep_zero()
          .written_by(Writer::instance),
      field<&ClusterStatus::running_tasks_count>("runningTasksCount", "Tasks that run.")
          .keep_zero()
          .written_by(Writer::instance),
      field<&ClusterStatus::pending_tasks_count>("pendingTasksCount", "Tasks that are waiting for a host or starting.")
          .keep_zero()
          .written_by(Writer::instance),
      field<&ClusterStatus::active_services_count>("activeServicesCount", "Services of its namespaces.")
          .keep_zero()
          .written_by(Writer::instance),
      field<&ClusterStatus::conditions>("conditions", "Observations about the cluster.")
          .keyed_by("type")
          .written_by(Writer::instance));
}

template <>
Type Describe<Cluster>::type() {
  return kind_object<Cluster>("Cluster", "A pool of container instances. The cluster `default` always exists.",
                              field<&Cluster::metadata>("metadata", "Name, labels and bookkeeping."),
                              field<&Cluster::spec>("spec", "What is wanted."),
                              field<&Cluster::status>("status", "What is observed.").written_by(Writer::instance));
}

template <>
Type Describe<InstanceResource>::type() {
  return object<InstanceResource>(
      "Resource", "An amount of something that tasks use up.",
      field<&InstanceResource::name>("name", "CPU (units), MEMORY (MiB), PORTS or PORTS_UDP (host ports in use).")
          .required(),
      field<&InstanceResource::type>("type", "INTEGER or STRINGSET."),
      field<&InstanceResource::integer_value>("integerValue", "The amount, with INTEGER.").keep_zero(),
      field<&InstanceResource::string_set_value>("stringSetValue", "The members, with STRINGSET.").atomic());
}

template <>
Type Describe<VersionInfo>::type() {
  return object<VersionInfo>("VersionInfo", "What runs on the host.",
                             field<&VersionInfo::agent_version>("agentVersion", "The version of the agent."),
                             field<&VersionInfo::docker_version>(
                                 "dockerVersion", "The container engine and its version, as the driver names it."));
}

template <>
Type Describe<InstanceState>::type() {
  return enumeration<InstanceState>("ContainerInstanceStatus",
                                    "ACTIVE: takes tasks. DRAINING: takes none, and its service tasks are replaced "
                                    "elsewhere.",
                                    {"ACTIVE", "DRAINING"});
}

template <>
Type Describe<ContainerInstanceSpec>::type() {
  return object<ContainerInstanceSpec>(
      "ContainerInstanceSpec", "How the host is to be used.",
      field<&ContainerInstanceSpec::cluster>("cluster",
                                             "The cluster that the host belongs to; \"default\" when absent.")
          .immutable()
          .pattern(patterns::ecs_name),
      field<&ContainerInstanceSpec::status>("status", "ACTIVE, or DRAINING to empty the host."),
      field<&ContainerInstanceSpec::unschedulable>("unschedulable",
                                                   "Takes no new tasks; those that run stay (`cordon`)."),
      field<&ContainerInstanceSpec::taints>("taints", "Keeps tasks away.").max_items(50).atomic(),
      field<&ContainerInstanceSpec::attributes>("attributes",
                                                "Facts about the host for placement constraints, beside "
                                                "those that its agent registers.")
          .max_items(50)
          .keyed_by("name"));
}

template <>
Type Describe<Connection>::type() {
  return enumeration<Connection>("Connection",
                                 "Connected: the agent is heard. Suspect: it fell silent. Away: it said it would be. "
                                 "Lost: silent for too long; its "
                                 "tasks are replaced. Returning: heard again, its first full report is awaited.",
                                 {"Lost", "Connected", "Suspect", "Away", "Returning"});
}

template <>
Type Describe<AgentConnection>::type() {
  return object<AgentConnection>(
      "AgentConnection", "Facts about the connection of the agent, written when they change.",
      field<&AgentConnection::connected>("connected", "Whether a connection holds the instance.").keep_zero(),
      field<&AgentConnection::session>("session", "Identifies that connection."),
      field<&AgentConnection::since>("since", "When `connected` last changed."),
      field<&AgentConnection::last_heard>("lastHeard", "The last frame, when the agent fell silent."),
      field<&AgentConnection::away_until>("awayUntil", "How long the agent said it would be away."),
      field<&AgentConnection::synced>("synced", "Whether the first full report of this session has been taken in.")
          .keep_zero());
}

template <>
Type Describe<ContainerInstanceStatus>::type() {
  return object<ContainerInstanceStatus>(
      "ContainerInstanceStatus", "What the agent registered, and how it is reached.",
      field<&ContainerInstanceStatus::observed_generation>("observedGeneration",
                                                           "The metadata.generation that this status belongs to.")
          .keep_zero()
          .written_by(Writer::instance),
      field<&ContainerInstanceStatus::connection>("connection", "The verdict about the host.")
          .written_by(Writer::instance),
      field<&ContainerInstanceStatus::agent>("agent", "Facts about the connection.").written_by(Writer::server),
      field<&ContainerInstanceStatus::address>("address", "Where published ports of the host answer.")
          .written_by(Writer::agent),
      field<&ContainerInstanceStatus::registered_resources>("registeredResources", "What the host has for tasks.")
          .keyed_by("name")
          .written_by(Writer::agent),
      field<&ContainerInstanceStatus::remaining_resources>("remainingResources", "What its tasks leave of it.")
          .keyed_by("name")
          .written_by(Writer::instance),
      field<&ContainerInstanceStatus::attributes>("attributes", "Built in, registered by the agent, and custom ones.")
          .keyed_by("name")
          .written_by(Writer::instance),
      field<&ContainerInstanceStatus::version_info>("versionInfo", "What runs on the host.").written_by(Writer::agent),
      field<&ContainerInstanceStatus::running_tasks_count>("runningTasksCount", "Tasks that run there.")
          .keep_zero()
          .written_by(Writer::instance),
      field<&ContainerInstanceStatus::pending_tasks_count>("pendingTasksCount", "Tasks that are starting there.")
          .keep_zero()
          .written_by(Writer::instance),
      field<&ContainerInstanceStatus::registered_at>("registeredAt", "When the agent first registered.")
          .written_by(Writer::server),
      field<&ContainerInstanceStatus::conditions>("conditions", "Ready, and what keeps the host from it.")
          .keyed_by("type")
          .written_by(Writer::instance));
}

template <>
Type Describe<ContainerInstance>::type() {
  return kind_object<ContainerInstance>(
      "ContainerInstance", "One host with an agent. The server makes it when an agent of a new name connects.",
      field<&ContainerInstance::metadata>("metadata", "The name is the agent's."),
      field<&ContainerInstance::spec>("spec", "What is wanted."),
      field<&ContainerInstance::status>("status", "What is observed.").written_by(Writer::instance));
}

}  // namespace muster
