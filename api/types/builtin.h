// Kinds of Kubernetes that tools take for granted, in their native shapes.
#pragma once

#include "api/types/condition.h"
#include "api/types/meta.h"

namespace muster {

// Where the cluster's own things are, tokens among them; it always exists.
inline constexpr std::string_view system_namespace = "muster-system";

struct NamespaceSpec {
  std::vector<std::string> finalizers;
  bool operator==(const NamespaceSpec&) const = default;
};
struct NamespaceStatus {
  std::string phase;      // Active, Terminating
  Conditions conditions;  // while Terminating: what is left, in Kubernetes' words
  bool operator==(const NamespaceStatus&) const = default;
};
struct Namespace : Object {
  using base_of_kind = Object;
  NamespaceSpec spec;
  NamespaceStatus status;
};

struct ObjectReference {
  std::string api_version, kind, ns, name, uid;
  std::string resource_version, field_path;
  bool operator==(const ObjectReference&) const = default;
};
struct EventSource {
  std::string component, host;
  bool operator==(const EventSource&) const = default;
};
struct Event : Object {
  using base_of_kind = Object;
  ObjectReference involved_object;
  std::string reason, message, type;
  EventSource source;
  std::int32_t count = 0;
  Time first_timestamp{}, last_timestamp{}, event_time{};
  std::string action, reporting_component, reporting_instance;
};

struct LeaseSpec {
  std::string holder_identity;
  std::optional<std::int32_t> lease_duration_seconds, lease_transitions;
  Time acquire_time{}, renew_time{};
  bool operator==(const LeaseSpec&) const = default;
};
struct Lease : Object {
  using base_of_kind = Object;
  LeaseSpec spec;
};

}  // namespace muster
