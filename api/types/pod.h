// v1 Pod as tools of Kubernetes read it: the view of a Task (api/projection). Never stored.
#pragma once

#include "api/types/meta.h"

namespace muster::view {

struct ContainerPort {
  std::string name;
  std::int32_t container_port = 0, host_port = 0;
  std::string protocol;  // TCP, UDP
  bool operator==(const ContainerPort&) const = default;
};
struct EnvVar {
  std::string name, value;
  bool operator==(const EnvVar&) const = default;
};
struct ResourceRequirements {
  Labels limits, requests;  // cpu, memory as quantities
  bool operator==(const ResourceRequirements&) const = default;
};
struct Container {
  std::string name, image;
  std::vector<std::string> command, args;
  std::string working_dir;
  std::vector<ContainerPort> ports;
  std::vector<EnvVar> env;
  ResourceRequirements resources;
  bool is_stdin = false, tty = false;
  bool operator==(const Container&) const = default;
};
struct PodSpec {
  std::vector<Container> containers;
  std::string restart_policy;
  std::int64_t termination_grace_period_seconds = 0;
  std::string node_name;
  bool host_network = false;
  bool operator==(const PodSpec&) const = default;
};

struct ContainerStateWaiting {
  std::string reason, message;
  bool operator==(const ContainerStateWaiting&) const = default;
};
struct ContainerStateRunning {
  Time started_at{};
  bool operator==(const ContainerStateRunning&) const = default;
};
struct ContainerStateTerminated {
  std::int32_t exit_code = 0;
  std::string reason, message;
  Time started_at{}, finished_at{};
  std::string container_id;
  bool operator==(const ContainerStateTerminated&) const = default;
};
// Exactly one is set.
struct ContainerState {
  std::optional<ContainerStateWaiting> waiting;
  std::optional<ContainerStateRunning> running;
  std::optional<ContainerStateTerminated> terminated;
  bool operator==(const ContainerState&) const = default;
};
struct ContainerStatus {
  std::string name;
  ContainerState state;
  bool ready = false, started = false;
  std::int32_t restart_count = 0;
  std::string image, image_id, container_id;
  bool operator==(const ContainerStatus&) const = default;
};
struct PodCondition {
  std::string type, status;
  Time last_transition_time{};
  std::string reason, message;
  bool operator==(const PodCondition&) const = default;
};
struct PodIp {
  std::string ip;
  bool operator==(const PodIp&) const = default;
};
struct PodStatus {
  std::string phase;  // Pending, Running, Succeeded, Failed
  std::vector<PodCondition> conditions;
  std::string message, reason;
  std::string host_ip, pod_ip;
  std::vector<PodIp> pod_ips;
  Time start_time{};
  std::vector<ContainerStatus> container_statuses;
  std::string qos_class;
  bool operator==(const PodStatus&) const = default;
};
struct Pod : Object {
  using base_of_kind = Object;
  PodSpec spec;
  PodStatus status;
};

}  // namespace muster::view
