#include "api/projection/node.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/projection/metadata.h"
#include "api/projection/quantity.h"
#include "api/schema/describe.h"
#include "api/types/kinds.h"

namespace muster::projection {
namespace {

std::string_view attribute(const ContainerInstance& instance, std::string_view name) {
  const auto found = std::ranges::find(instance.status.attributes, name, &Attribute::name);
  return found == instance.status.attributes.end() ? std::string_view() : std::string_view(found->value);
}

// Go's name of the processor, which Kubernetes uses.
std::string_view architecture(const ContainerInstance& instance) {
  const std::string_view ecs = attribute(instance, "ecs.cpu-architecture");
  return ecs == "x86_64" ? "amd64" : ecs;
}

// Labels that a node always has, made from what the agent registered.
Labels made_labels(const ContainerInstance& instance) {
  Labels out;
  const auto put = [&](std::string_view key, std::string_view value) {
    if (!value.empty() && value.size() <= 63) out.emplace(key, value);
  };
  put("kubernetes.io/hostname", instance.metadata.name);
  put("kubernetes.io/arch", architecture(instance));
  put("kubernetes.io/os", attribute(instance, "ecs.os-type"));
  put("topology.kubernetes.io/zone", attribute(instance, "ecs.availability-zone"));
  return out;
}

Labels capacity(const ContainerInstance& instance) {
  Labels out;
  for (const InstanceResource& each : instance.status.registered_resources) {
    if (each.name == "CPU") out.emplace("cpu", cpu_quantity(each.integer_value));
    if (each.name == "MEMORY") out.emplace("memory", memory_quantity(each.integer_value));
    if (each.name == "GPU" && !each.string_set_value.empty()) {
      out.emplace("nvidia.com/gpu", std::to_string(each.string_set_value.size()));
    }
  }
  return out;
}

// Kubernetes: False is what the host itself says, Unknown what is said about one that is not heard.
std::string_view readiness(const ContainerInstance& instance, const Condition* ready) {
  switch (instance.status.connection) {
    case Connection::connected: return ready == nullptr ? "True" : std::string_view(ready->status);
    case Connection::returning: return "False";
    case Connection::lost:
    case Connection::suspect:
    case Connection::away: break;
  }
  return "Unknown";
}

view::NodeCondition ready_condition(const ContainerInstance& instance) {
  const Condition* ready = find_condition(instance.status.conditions, "Ready");
  view::NodeCondition out;
  out.type = "Ready";
  out.status = readiness(instance, ready);
  const AgentConnection& agent = instance.status.agent;
  out.last_heartbeat_time = is_set(agent.last_heard) ? agent.last_heard : agent.since;
  if (ready != nullptr) {
    out.last_transition_time = ready->last_transition_time;
    out.reason = ready->reason;
    out.message = ready->message;
  }
  if (out.reason.empty()) out.reason = name_of(instance.status.connection);
  return out;
}

Error refused(const ContainerInstance& instance, std::string field) {
  const Kind& kind = kind_of<view::Node>();
  std::string message = str("may not be changed: ", view_sentence(kind));
  std::string text = str("Node \"", instance.metadata.name, "\" is invalid: ", field, ": Forbidden: ", message);
  return Error{Code::invalid, std::move(text), {Cause{std::move(field), std::move(message), "FieldValueForbidden"}}};
}

}  // namespace

view::Node node_of(const ContainerInstance& instance) {
  view::Node node = make<view::Node>();
  node.metadata = metadata_of(*node.kind, instance);
  for (const auto& [key, value] : made_labels(instance)) node.metadata.labels.emplace(key, value);
  node.spec.provider_id = str("muster://", instance.spec.cluster, "/", instance.metadata.name);
  node.spec.unschedulable = instance.spec.unschedulable;
  node.spec.taints = instance.spec.taints;

  node.status.capacity = node.status.allocatable = capacity(instance);
  node.status.conditions.push_back(ready_condition(instance));
  if (!instance.status.address.empty()) node.status.addresses.push_back({"InternalIP", instance.status.address});
  node.status.addresses.push_back({"Hostname", instance.metadata.name});
  view::NodeSystemInfo& info = node.status.node_info;
  info.system_uuid = instance.metadata.uid;
  info.os_image = attribute(instance, "ecs.os-family");
  info.operating_system = attribute(instance, "ecs.os-type");
  info.architecture = architecture(instance);
  info.container_runtime_version = instance.status.version_info.docker_version;
  if (!instance.status.version_info.agent_version.empty())
    info.kubelet_version = str("v", instance.status.version_info.agent_version);
  return node;
}

Result<ContainerInstance> write_back(const view::Node& given, const ContainerInstance& stored) {
  const view::Node shown = node_of(stored);
  if (!given.metadata.finalizers.empty()) return refused(stored, "metadata.finalizers");
  if (!given.metadata.owner_references.empty()) return refused(stored, "metadata.ownerReferences");
  if (!given.spec.provider_id.empty() && given.spec.provider_id != shown.spec.provider_id)
    return refused(stored, "spec.providerID");
  ContainerInstance out = stored;
  out.metadata.labels = given.metadata.labels;
  for (const auto& [key, value] : made_labels(stored)) {
    if (stored.metadata.labels.contains(key)) continue;
    const auto found = out.metadata.labels.find(key);
    if (found == out.metadata.labels.end() || found->second != value)
      return refused(stored, str("metadata.labels[", key, "]"));
    out.metadata.labels.erase(found);
  }
  out.metadata.annotations = given.metadata.annotations;
  out.spec.unschedulable = given.spec.unschedulable;
  out.spec.taints = given.spec.taints;
  return out;
}

}  // namespace muster::projection
