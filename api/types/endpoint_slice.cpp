#include "api/types/endpoint_slice.h"

#include "api/types/describe_kind.h"

namespace muster {

template <>
Type Describe<view::EndpointConditions>::type() {
  using view::EndpointConditions;
  return object<EndpointConditions>(
      "EndpointConditions", "Whether the endpoint takes traffic.",
      field<&EndpointConditions::ready>("ready", "It does.").keep_zero(),
      field<&EndpointConditions::serving>("serving", "The same.").keep_zero(),
      field<&EndpointConditions::terminating>("terminating", "Never: a task that is to stop has no slice.")
          .keep_zero());
}

template <>
Type Describe<view::TargetReference>::type() {
  using view::TargetReference;
  return object<TargetReference>(
      "TargetReference", "Points to the pod behind an endpoint.", field<&TargetReference::kind>("kind", "Always Pod."),
      field<&TargetReference::ns>("namespace", "Its namespace."), field<&TargetReference::name>("name", "Its name."),
      field<&TargetReference::uid>("uid", "Its uid."));
}

template <>
Type Describe<view::Endpoint>::type() {
  using view::Endpoint;
  return object<Endpoint>("Endpoint", "Where a task answers.",
                          field<&Endpoint::addresses>("addresses", "The address of its host.").atomic(),
                          field<&Endpoint::conditions>("conditions", "Whether it takes traffic."),
                          field<&Endpoint::target_ref>("targetRef", "The pod."),
                          field<&Endpoint::node_name>("nodeName", "The container instance."),
                          field<&Endpoint::zone>("zone", "Its attribute ecs.availability-zone."));
}

template <>
Type Describe<view::EndpointPort>::type() {
  using view::EndpointPort;
  return object<EndpointPort>(
      "EndpointPort", "A port of the host where a container answers.",
      field<&EndpointPort::name>("name", "The name of the port mapping, else PROTOCOL-PORT.").keep_zero(),
      field<&EndpointPort::protocol>("protocol", "TCP or UDP."),
      field<&EndpointPort::port>("port", "The port of the host."));
}

template <>
Type Describe<view::EndpointSlice>::type() {
  using view::EndpointSlice;
  return kind_object<EndpointSlice>(
      "EndpointSlice",
      "Where one task of a service answers. A view: it is there while the task takes traffic, and its label "
      "kubernetes.io/service-name names the service.",
      field<&EndpointSlice::metadata>("metadata", "The name is the task's."),
      field<&EndpointSlice::address_type>("addressType", "IPv4, IPv6 or FQDN."),
      field<&EndpointSlice::endpoints>("endpoints", "The task.").keep_zero().atomic(),
      field<&EndpointSlice::ports>("ports", "Its ports.").keep_zero().atomic());
}

}  // namespace muster
