// Cluster and ContainerInstance: a pool of hosts, and one host with an agent.
#pragma once

#include "api/types/condition.h"
#include "api/types/meta.h"
#include "api/types/placement.h"

namespace muster {

struct ClusterSpec {
  Duration lost_after = std::chrono::seconds(5);  // Suspect for so long: Lost
  bool operator==(const ClusterSpec&) const = default;
};
struct ClusterStatus {
  std::int64_t observed_generation = 0;
  std::string status = "ACTIVE";
  std::int32_t registered_container_instances_count = 0, running_tasks_count = 0, pending_tasks_count = 0,
               active_services_count = 0;
  Conditions conditions;
  bool operator==(const ClusterStatus&) const = default;
};
struct Cluster : Object {
  using base_of_kind = Object;
  ClusterSpec spec;
  ClusterStatus status;
};

// ECS: Resource{name CPU|MEMORY|PORTS|PORTS_UDP, type INTEGER|STRINGSET, ...}.
struct InstanceResource {
  std::string name, type;
  std::int64_t integer_value = 0;
  std::vector<std::string> string_set_value;
  bool operator==(const InstanceResource&) const = default;
};

struct VersionInfo {
  std::string agent_version, docker_version;  // ECS's names; dockerVersion names the driver's engine
  bool operator==(const VersionInfo&) const = default;
};

enum class InstanceState { active, draining };
struct ContainerInstanceSpec {
  std::string cluster;
  InstanceState status = InstanceState::active;
  bool unschedulable = false;
  std::vector<Taint> taints;
  std::vector<Attribute> attributes;  // custom ones
  bool operator==(const ContainerInstanceSpec&) const = default;
};

enum class Connection { lost, connected, suspect, away, returning };

// Facts about the agent's connection, written by the server's agent endpoint at transitions only.
struct AgentConnection {
  bool connected = false;
  std::string session;  // of the connection that holds the instance
  Time since{};         // of the last change of `connected`
  Time last_heard{};    // last frame heard, when the connection closed or fell silent
  Time away_until{};    // announced absence; unset when none
  bool synced = false;  // this session's first full report has been taken in
  bool operator==(const AgentConnection&) const = default;
};

struct ContainerInstanceStatus {
  std::int64_t observed_generation = 0;
  Connection connection = Connection::connected;  // the instance controller's verdict
  AgentConnection agent;
  std::string address;  // where the host's published ports answer
  std::vector<InstanceResource> registered_resources, remaining_resources;
  std::vector<Attribute> attributes;  // built in, registered by the agent, and custom ones
  VersionInfo version_info;
  std::int32_t running_tasks_count = 0, pending_tasks_count = 0;
  Time registered_at{};
  Conditions conditions;
  bool operator==(const ContainerInstanceStatus&) const = default;
};
struct ContainerInstance : Object {
  using base_of_kind = Object;
  ContainerInstanceSpec spec;
  ContainerInstanceStatus status;
};

}  // namespace muster
