// Kubernetes object metadata, with its exact semantics.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/base/time.h"
#include "api/schema/raw.h"

namespace muster {

struct Kind;

using Labels = std::map<std::string, std::string, std::less<>>;

struct OwnerReference {
  std::string api_version, kind, name, uid;
  std::optional<bool> controller, block_owner_deletion;
  bool operator==(const OwnerReference&) const = default;
};

struct ManagedFieldsEntry {
  std::string manager, operation, api_version;
  Time time{};
  std::string fields_type;
  Raw fields_v1;
  std::string subresource;
  bool operator==(const ManagedFieldsEntry&) const = default;
};

struct Meta {
  std::string name;
  std::string generate_name;
  std::string ns;  // "namespace" on the wire; empty for cluster-wide kinds
  std::string uid;
  std::int64_t resource_version = 0;  // the store's revision of the last write; 0: never stored
  std::int64_t generation = 0;
  Time creation_timestamp{};
  Time deletion_timestamp{};
  std::optional<std::int64_t> deletion_grace_period_seconds;
  Labels labels;
  Labels annotations;
  std::vector<std::string> finalizers;
  std::vector<OwnerReference> owner_references;
  std::vector<ManagedFieldsEntry> managed_fields;
  bool operator==(const Meta&) const = default;

  bool deleting() const { return is_set(deletion_timestamp); }
};

// The reference with `controller: true`, or null.
const OwnerReference* controller_of(const Meta& meta);

// What every kind is built on. Stored objects are immutable and shared: std::shared_ptr<const Object>.
// `kind` points to the row of kinds.h and says which struct this really is; see as<T>().
struct Object {
  const Kind* kind = nullptr;
  Meta metadata;
};
using ObjectPtr = std::shared_ptr<const Object>;

}  // namespace muster
