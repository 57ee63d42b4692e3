// The columns of the views, as kubectl's users know them from Kubernetes.
#include <algorithm>

#include "api/base/text.h"
#include "api/types/columns.h"
#include "api/types/endpoint_slice.h"
#include "api/types/node_view.h"
#include "api/types/pod.h"
#include "api/types/usage.h"

namespace muster {
namespace {

using view::ContainerStatus;
using view::EndpointSlice;
using view::Pod;

template <class T, auto Cell>
Column column(std::string_view name, std::string_view doc, int priority = 0) {
  return {name, doc, "string", priority,
          [](const Object& object, Time) { return std::string(Cell(static_cast<const T&>(object))); }};
}

// Where Kubernetes has it: before the columns of -o wide.
Column age() {
  return {"Age", "How long ago the object was created.", "string", 0, [](const Object& object, Time now) {
            const Time created = object.metadata.creation_timestamp;
            return is_set(created) ? format_age(now - created) : std::string("<unknown>");
          }};
}

std::string quantity(const Labels& usage, std::string_view of) {
  const auto found = usage.find(of);
  return found == usage.end() ? std::string() : found->second;
}

std::string or_none(const std::string& text) {
  return text.empty() ? "<none>" : text;
}

std::string ready_containers(const Pod& pod) {
  const auto ready = std::ranges::count_if(pod.status.container_statuses, &ContainerStatus::ready);
  return str(ready, "/", std::max(pod.spec.containers.size(), pod.status.container_statuses.size()));
}

// As kubectl's users know it: the most telling reason among the containers, else the phase.
std::string pod_status(const Pod& pod) {
  const bool over = pod.status.phase == "Succeeded" || pod.status.phase == "Failed";
  if (!pod.status.reason.empty() && !over) return pod.status.reason;
  if (pod.metadata.deleting() && !over) return "Terminating";
  std::string status = pod.status.phase;
  bool running = false;
  // The first container has the last word.
  for (auto each = pod.status.container_statuses.rbegin(); each != pod.status.container_statuses.rend(); ++each) {
    if (each->state.waiting && !each->state.waiting->reason.empty()) status = each->state.waiting->reason;
    if (each->state.terminated) status = each->state.terminated->reason;
    running = running || each->ready;
  }
  return status == "Completed" && running ? "Running" : status;
}

std::string restarts(const Pod& pod) {
  std::int32_t most = 0;
  for (const ContainerStatus& each : pod.status.container_statuses) most = std::max(most, each.restart_count);
  return str(most);
}

std::string node_status(const view::Node& node) {
  const auto ready = std::ranges::find(node.status.conditions, "Ready", &view::NodeCondition::type);
  const bool is_ready = ready != node.status.conditions.end() && ready->status == "True";
  return str(is_ready ? "Ready" : "NotReady", node.spec.unschedulable ? ",SchedulingDisabled" : "");
}

std::string roles(const view::Node& node) {
  constexpr std::string_view prefix = "node-role.kubernetes.io/";
  std::string out;
  for (const auto& [key, value] : node.metadata.labels) {
    if (key.starts_with(prefix)) out += str(out.empty() ? "" : ",", key.substr(prefix.size()));
  }
  return or_none(out);
}

std::string internal_address(const view::Node& node) {
  const auto found = std::ranges::find(node.status.addresses, "InternalIP", &view::NodeAddress::type);
  return or_none(found == node.status.addresses.end() ? "" : found->address);
}

std::string ports(const EndpointSlice& slice) {
  std::string out;
  for (const view::EndpointPort& each : slice.ports) out += str(out.empty() ? "" : ",", each.port);
  return out.empty() ? "<unset>" : out;
}

std::string endpoints(const EndpointSlice& slice) {
  std::string out;
  for (const view::Endpoint& each : slice.endpoints) {
    for (const std::string& address : each.addresses) out += str(out.empty() ? "" : ",", address);
  }
  return out.empty() ? "<unset>" : out;
}

}  // namespace

std::vector<Column> pod_columns() {
  return {
      column<Pod, ready_containers>("Ready", "Containers that are ready, of all."),
      column<Pod, pod_status>("Status", "The state of the containers in one word."),
      column<Pod, restarts>("Restarts", "How many tasks of the slot failed in a row just before this one."),
      age(),
      column<Pod, [](const Pod& pod) { return or_none(pod.status.pod_ip); }>("IP", "The address of the host.", 1),
      column<Pod, [](const Pod& pod) { return or_none(pod.spec.node_name); }>("Node", "The container instance.", 1),
      column<Pod, [](const Pod&) { return "<none>"; }>("Nominated Node", "None: nothing is preempted.", 1),
      column<Pod, [](const Pod&) { return "<none>"; }>("Readiness Gates", "None.", 1),
  };
}

std::vector<Column> node_columns() {
  return {
      column<view::Node, node_status>("Status", "Whether the agent is heard, and whether the host takes tasks."),
      column<view::Node, roles>("Roles", "Labels node-role.kubernetes.io/ROLE."),
      age(),
      column<view::Node, [](const view::Node& node) { return node.status.node_info.kubelet_version; }>(
          "Version", "The version of the agent."),
      column<view::Node, internal_address>("Internal-IP", "The address of the host.", 1),
      column<view::Node, [](const view::Node&) { return "<none>"; }>("External-IP", "None is known.", 1),
      column<view::Node, [](const view::Node& node) { return or_none(node.status.node_info.os_image); }>(
          "OS-Image", "The family of the operating system.", 1),
      column<view::Node, [](const view::Node& node) { return or_none(node.status.node_info.kernel_version); }>(
          "Kernel-Version", "Not reported.", 1),
      column<view::Node,
             [](const view::Node& node) { return or_none(node.status.node_info.container_runtime_version); }>(
          "Container-Runtime", "The container engine.", 1),
  };
}

std::vector<Column> endpoint_slice_columns() {
  return {
      column<EndpointSlice, [](const EndpointSlice& slice) { return slice.address_type; }>("AddressType",
                                                                                           "IPv4, IPv6 or FQDN."),
      column<EndpointSlice, ports>("Ports", "Ports of the host."),
      column<EndpointSlice, endpoints>("Endpoints", "The address of the host."),
      age(),
  };
}

std::vector<Column> pod_metrics_columns() {
  return {
      column<view::PodMetrics, [](const view::PodMetrics& pod) { return str(pod.containers.size()); }>(
          "Containers", "How many containers were measured."),
      column<view::PodMetrics, [](const view::PodMetrics& pod) { return format_duration(pod.window); }>(
          "Window", "Over which the CPU was measured."),
  };
}

std::vector<Column> node_metrics_columns() {
  return {
      column<view::NodeMetrics, [](const view::NodeMetrics& node) { return quantity(node.usage, "cpu"); }>(
          "CPU", "Cores in use."),
      column<view::NodeMetrics, [](const view::NodeMetrics& node) { return quantity(node.usage, "memory"); }>(
          "Memory", "The working set."),
      column<view::NodeMetrics, [](const view::NodeMetrics& node) { return format_duration(node.window); }>(
          "Window", "Over which the CPU was measured."),
  };
}

}  // namespace muster
