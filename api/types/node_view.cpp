#include "api/types/node_view.h"

#include "api/types/describe_kind.h"

namespace muster {

template <>
Type Describe<view::NodeSpec>::type() {
  using view::NodeSpec;
  return object<NodeSpec>(
      "NodeSpec", "How the host is to be used.",
      field<&NodeSpec::provider_id>("providerID", "The cluster and the name of the container instance."),
      field<&NodeSpec::unschedulable>("unschedulable", "Takes no new tasks; those that run stay (`cordon`)."),
      field<&NodeSpec::taints>("taints", "Keeps tasks away.").max_items(50).atomic());
}

template <>
Type Describe<view::NodeCondition>::type() {
  using view::NodeCondition;
  return object<NodeCondition>(
      "NodeCondition", "An observation about the host.",
      field<&NodeCondition::type>("type", "What it is about.").required(),
      field<&NodeCondition::status>("status", "True, False or Unknown."),
      field<&NodeCondition::last_heartbeat_time>("lastHeartbeatTime", "The last change of the connection.")
          .whole_seconds(),
      field<&NodeCondition::last_transition_time>("lastTransitionTime", "Since when.").whole_seconds(),
      field<&NodeCondition::reason>("reason", "Why, as one word."),
      field<&NodeCondition::message>("message", "Why, as a sentence."));
}

template <>
Type Describe<view::NodeAddress>::type() {
  return object<view::NodeAddress>("NodeAddress", "Where the host is found.",
                                   field<&view::NodeAddress::type>("type", "InternalIP or Hostname.").required(),
                                   field<&view::NodeAddress::address>("address", "The address or name."));
}

template <>
Type Describe<view::NodeSystemInfo>::type() {
  using view::NodeSystemInfo;
  return object<NodeSystemInfo>(
      "NodeSystemInfo", "What runs on the host.",
      field<&NodeSystemInfo::machine_id>("machineID", "Not reported by the agent.").keep_zero(),
      field<&NodeSystemInfo::system_uuid>("systemUUID", "The uid of the container instance.").keep_zero(),
      field<&NodeSystemInfo::boot_id>("bootID", "Not reported by the agent.").keep_zero(),
      field<&NodeSystemInfo::kernel_version>("kernelVersion", "Not reported by the agent.").keep_zero(),
      field<&NodeSystemInfo::os_image>("osImage", "The family of the operating system.").keep_zero(),
      field<&NodeSystemInfo::container_runtime_version>("containerRuntimeVersion", "The container engine.").keep_zero(),
      field<&NodeSystemInfo::kubelet_version>("kubeletVersion", "The version of the agent.").keep_zero(),
      field<&NodeSystemInfo::kube_proxy_version>("kubeProxyVersion", "Empty: there is no such program.").keep_zero(),
      field<&NodeSystemInfo::operating_system>("operatingSystem", "The operating system: linux.").keep_zero(),
      field<&NodeSystemInfo::architecture>("architecture", "The processor: amd64, arm64.").keep_zero());
}

template <>
Type Describe<view::NodeStatus>::type() {
  using view::NodeStatus;
  return object<NodeStatus>(
      "NodeStatus", "What the agent registered, and how it is reached.",
      field<&NodeStatus::capacity>("capacity", "What the host has for tasks."),
      field<&NodeStatus::allocatable>("allocatable", "The same: nothing is set aside."),
      field<&NodeStatus::conditions>("conditions", "Ready: whether the agent is heard.").keyed_by("type"),
      field<&NodeStatus::addresses>("addresses", "Where the host is found.").keyed_by("type"),
      field<&NodeStatus::node_info>("nodeInfo", "What runs on the host."));
}

template <>
Type Describe<view::Node>::type() {
  using view::Node;
  return kind_object<Node>("Node",
                           "A ContainerInstance as tools of Kubernetes read it. A view: labels, annotations, "
                           "spec.unschedulable and spec.taints may be changed here; they are the instance's.",
                           field<&Node::metadata>("metadata", "The name is the container instance's."),
                           field<&Node::spec>("spec", "What is wanted."),
                           field<&Node::status>("status", "What is observed.").written_by(Writer::server));
}

}  // namespace muster
