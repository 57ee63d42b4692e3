// Who owns which fields of an object: metadata.managedFields, and how writes change it. Kubernetes: server-side apply.
#pragma once

#include <string>
#include <vector>

#include "api/apply/changes.h"
#include "api/apply/field_set.h"
#include "api/base/error.h"
#include "api/schema/node.h"
#include "api/types/kinds.h"

namespace muster::apply {

enum class Operation { apply, update };

struct Manager {
  std::string name;
  Operation operation = Operation::update;
  std::string api_version;
  std::string subresource;  // "status", "scale"; empty for the object itself
  Time time{};
  FieldSet fields;

  // What tells entries apart; of an Update also the version.
  bool same_identity(const Manager& other) const;
  bool operator==(const Manager&) const = default;
};
using Managers = std::vector<Manager>;

// Code::invalid names the entry that is not of the form we write.
Result<Managers> read_managers(const std::vector<ManagedFieldsEntry>& entries);
// Sorted by operation (Apply first), time and name. At most ten Update entries: older ones become one,
// "ancient-changes".
std::vector<ManagedFieldsEntry> write_managers(Managers managers);

// The fields that a configuration gives to its manager. Code::malformed when it carries managedFields, Code::invalid
// when it does not fit the kind's description.
Result<FieldSet> applied_fields(const Kind& kind, const Node& configuration, std::string_view subresource);

// The object that an apply asks for, not yet decoded, defaulted or validated. `live` is the stored object as a document
// (an empty map when there is none), `applier` has the new fields.
Node merge_applied(const Kind& kind, const Node& live, const Node& configuration, const Managers& managers,
                   const Manager& applier);

enum class Conflicts { refuse, force };

// The managers after `applier` (whose `fields` are the new ones) has made these changes. Code::conflict, one cause a
// field, when fields of others change, `conflicts` says refuse and not all of them are `excused`.
Result<Managers> after_apply(const Changes& changes, Managers managers, Manager applier, Conflicts conflicts,
                             const FieldSet& excused);
// The same for a write by create, update or patch, which takes over what it changes.
Managers after_update(const Changes& changes, Managers managers, Manager writer);

// The annotation in which `kubectl apply` without --server-side keeps what it applied last. A manager named "kubectl"
// that changes over to server-side apply may take over what that annotation and the stored object agree on.
// Kubernetes: the server's rule for this name.
extern const std::string last_applied_annotation;
// The fields in which the annotation's document and `live` agree; empty without an annotation.
FieldSet last_applied_fields(const Kind& kind, const Node& live);

}  // namespace muster::apply
