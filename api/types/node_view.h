// v1 Node as tools of Kubernetes read it: the view of a ContainerInstance (api/projection). Never stored.
#pragma once

#include "api/types/meta.h"
#include "api/types/placement.h"

namespace muster::view {

struct NodeSpec {
  std::string provider_id;
  bool unschedulable = false;
  std::vector<Taint> taints;
  bool operator==(const NodeSpec&) const = default;
};
struct NodeCondition {
  std::string type, status;
  Time last_heartbeat_time{}, last_transition_time{};
  std::string reason, message;
  bool operator==(const NodeCondition&) const = default;
};
struct NodeAddress {
  std::string type, address;
  bool operator==(const NodeAddress&) const = default;
};
struct NodeSystemInfo {
  std::string machine_id, system_uuid, boot_id, kernel_version, os_image, container_runtime_version, kubelet_version,
      kube_proxy_version, operating_system, architecture;
  bool operator==(const NodeSystemInfo&) const = default;
};
struct NodeStatus {
  Labels capacity, allocatable;  // cpu, memory as quantities
  std::vector<NodeCondition> conditions;
  std::vector<NodeAddress> addresses;
  NodeSystemInfo node_info;
  bool operator==(const NodeStatus&) const = default;
};
struct Node : Object {
  using base_of_kind = Object;
  NodeSpec spec;
  NodeStatus status;
};

}  // namespace muster::view
