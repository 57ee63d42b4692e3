#include "api/types/meta.h"

#include <algorithm>

#include "api/schema/describe.h"

namespace muster {

template <>
Type Describe<OwnerReference>::type() {
  return object<OwnerReference>(
      "OwnerReference", "An object that this one belongs to; when all owners are gone, this one is deleted.",
      field<&OwnerReference::api_version>("apiVersion", "The owner's API version.").required(),
      field<&OwnerReference::kind>("kind", "The owner's kind.").required(),
      field<&OwnerReference::name>("name", "The owner's name.").required(),
      field<&OwnerReference::uid>("uid", "The owner's uid. A new object of the same name is not the owner.").required(),
      field<&OwnerReference::controller>("controller",
                                         "True for the one owner that manages this object. At most one may say so."),
      field<&OwnerReference::block_owner_deletion>(
          "blockOwnerDeletion", "True when a foreground deletion of the owner waits for this object."));
}

template <>
Type Describe<ManagedFieldsEntry>::type() {
  return object<ManagedFieldsEntry>(
      "ManagedFieldsEntry", "Which manager set which fields.",
      field<&ManagedFieldsEntry::manager>("manager", "The name of the program that wrote the fields.").max_length(128),
      field<&ManagedFieldsEntry::operation>("operation", "Apply or Update."),
      field<&ManagedFieldsEntry::api_version>("apiVersion", "The version of the API that the fields belong to."),
      field<&ManagedFieldsEntry::time>("time", "When the entry last changed.").whole_seconds(),
      field<&ManagedFieldsEntry::fields_type>("fieldsType", "Always FieldsV1."),
      field<&ManagedFieldsEntry::fields_v1>("fieldsV1", "The set of fields, as nested maps."),
      field<&ManagedFieldsEntry::subresource>("subresource",
                                              "The subresource that was written; empty for the object."));
}

template <>
Type Describe<Meta>::type() {
  return object<Meta>(
      "ObjectMeta", "What every object has: its name, its identity and its bookkeeping.",
      field<&Meta::name>("name",
                         "The name, unique among the objects of its kind in the namespace. It cannot be changed."),
      field<&Meta::generate_name>("generateName",
                                  "A prefix to which the server adds five letters to make a name, when name is empty."),
      field<&Meta::ns>("namespace", "The namespace of the object; empty for kinds that are cluster-wide."),
      field<&Meta::uid>("uid",
                        "The identity of this object in time and space, set by the server. A deleted and "
                        "re-created object of the same name has another one.")
          .written_by(Writer::server),
      field<&Meta::resource_version>("resourceVersion",
                                     "The revision of the last write. An update that carries an older one is refused.")
          .as_text()
          .written_by(Writer::server),
      field<&Meta::generation>("generation", "Counts the changes of the spec.").written_by(Writer::server),
      field<&Meta::creation_timestamp>("creationTimestamp", "When the object was created.")
          .whole_seconds()
          .written_by(Writer::server),
      field<&Meta::deletion_timestamp>("deletionTimestamp",
                                       "When deletion was asked for. The object goes once its finalizers are gone.")
          .whole_seconds()
          .written_by(Writer::server),
      field<&Meta::deletion_grace_period_seconds>("deletionGracePeriodSeconds",
                                                  "How long a deletion may take before it is forced.")
          .written_by(Writer::server),
      field<&Meta::labels>("labels",
                           "Words to select objects by. Keys are qualified names, values at most 63 letters."),
      field<&Meta::annotations>("annotations",
                                "Anything a program wants to remember about the object; 256 KiB in all."),
      field<&Meta::finalizers>("finalizers", "Names of what must be done before the object may go."),
      field<&Meta::owner_references>("ownerReferences", "The objects that this one belongs to.").keyed_by("uid"),
      field<&Meta::managed_fields>("managedFields", "Which manager set which fields; kept by server-side apply.")
          .atomic());
}

const OwnerReference* controller_of(const Meta& meta) {
  const auto found = std::find_if(meta.owner_references.begin(), meta.owner_references.end(),
                                  [](const OwnerReference& owner) { return owner.controller.value_or(false); });
  return found == meta.owner_references.end() ? nullptr : &*found;
}

}  // namespace muster
