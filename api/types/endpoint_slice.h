// discovery.k8s.io/v1 EndpointSlice: the view of one Task of a service that takes traffic (api/projection). Never
// stored. One slice a task, because a slice has one list of ports for all of its endpoints, and the host ports of each
// task are its own.
#pragma once

#include "api/types/meta.h"

namespace muster::view {

struct EndpointConditions {
  bool ready = false, serving = false, terminating = false;
  bool operator==(const EndpointConditions&) const = default;
};
struct TargetReference {
  std::string kind, ns, name, uid;
  bool operator==(const TargetReference&) const = default;
};
struct Endpoint {
  std::vector<std::string> addresses;
  EndpointConditions conditions;
  TargetReference target_ref;
  std::string node_name, zone;
  bool operator==(const Endpoint&) const = default;
};
struct EndpointPort {
  std::string name, protocol;
  std::int32_t port = 0;
  bool operator==(const EndpointPort&) const = default;
};
struct EndpointSlice : Object {
  using base_of_kind = Object;
  std::string address_type;  // IPv4, IPv6, FQDN
  std::vector<Endpoint> endpoints;
  std::vector<EndpointPort> ports;
};

}  // namespace muster::view
