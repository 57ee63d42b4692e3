#include "api/projection/endpoint_slice.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/projection/metadata.h"
#include "api/projection/projection.h"
#include "api/projection/quantity.h"
#include "api/projection/traffic.h"
#include "api/types/kinds.h"
#include "api/types/pod.h"

namespace muster::projection {
namespace {

constexpr std::string_view service_group = "service:";

std::string_view address_type(std::string_view address) {
  if (address.find(':') != std::string_view::npos) return "IPv6";
  const bool numbers = std::ranges::all_of(address, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return numbers ? "IPv4" : "FQDN";
}

// As the definition calls the port; else the protocol and the port inside the container, which stay the same from task
// to task.
std::string port_name(const NetworkBinding& binding, std::string_view container, const TaskDefinitionSpec* definition) {
  if (definition != nullptr) {
    for (const ContainerDefinition& each : definition->container_definitions) {
      if (each.name != container) continue;
      for (const PortMapping& mapping : each.port_mappings) {
        if (mapping.container_port == binding.container_port && mapping.protocol == binding.protocol &&
            !mapping.name.empty())
          return mapping.name;
      }
    }
  }
  return str(binding.protocol == Protocol::udp ? "udp-" : "tcp-", binding.container_port);
}

std::vector<view::EndpointPort> ports(const Task& task, const TaskDefinitionSpec* definition) {
  std::vector<view::EndpointPort> out;
  for (const ContainerStatus& container : task.status.containers) {
    for (const NetworkBinding& binding : container.network_bindings) {
      if (!binding.container_port_range.empty()) continue;  // a slice may have no more than a few ports
      view::EndpointPort port;
      port.name = port_name(binding, container.name, definition);
      port.protocol = protocol_name(binding.protocol);
      port.port = binding.host_port;
      // The same port may be bound once for each version of IP.
      if (std::ranges::find(out, port) == out.end()) out.push_back(std::move(port));
    }
  }
  return out;
}

std::string_view zone_of(const ContainerInstance& instance) {
  const auto& all = instance.status.attributes;
  const auto found = std::ranges::find(all, "ecs.availability-zone", &Attribute::name);
  return found == all.end() ? std::string_view() : std::string_view(found->value);
}

}  // namespace

std::string_view service_of(const Task& task) {
  const std::string_view group = task.spec.group;
  return group.starts_with(service_group) ? group.substr(service_group.size()) : std::string_view();
}

std::optional<view::EndpointSlice> slice_of(const Task& task, const TaskDefinitionSpec* definition,
                                            const ContainerInstance* instance) {
  const std::string_view service = service_of(task);
  if (service.empty() || instance == nullptr || instance->status.address.empty()) return std::nullopt;
  if (!is_ready(task, definition) || !is_reachable(*instance)) return std::nullopt;
  view::EndpointSlice slice = make<view::EndpointSlice>();
  slice.metadata = metadata_of(*slice.kind, task);
  slice.metadata.generate_name = str(service, "-");
  slice.metadata.annotations.clear();
  slice.metadata.labels.insert_or_assign("kubernetes.io/service-name", std::string(service));
  slice.metadata.labels.insert_or_assign("endpointslice.kubernetes.io/managed-by", "muster.dev");
  OwnerReference owner = owner_reference(task);
  owner.controller = true;
  owner.block_owner_deletion = true;
  slice.metadata.owner_references = {std::move(owner)};
  slice.address_type = address_type(instance->status.address);
  view::Endpoint endpoint;
  endpoint.addresses = {instance->status.address};
  endpoint.conditions = {true, true, false};
  endpoint.target_ref = {"Pod", task.metadata.ns, task.metadata.name, uid_of(kind_of<view::Pod>(), task.metadata.uid)};
  endpoint.node_name = instance->metadata.name;
  endpoint.zone = zone_of(*instance);
  slice.endpoints.push_back(std::move(endpoint));
  slice.ports = ports(task, definition);
  return slice;
}

}  // namespace muster::projection
