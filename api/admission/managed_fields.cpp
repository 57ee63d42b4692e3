#include "api/admission/managed_fields.h"

#include "api/apply/agreement.h"
#include "api/base/text.h"
#include "api/schema/json.h"

namespace muster::admission {
namespace {

// As server-side apply sees an object: without its managers, which belong to nobody.
Node document_of(const Object* object) {
  if (object == nullptr) return Node::map();
  Node document = object_node(*object);
  if (Node* metadata = document.find("metadata")) metadata->erase("managedFields");
  return document;
}

apply::Manager manager_of(const Write& write, const Kind& kind, Time now) {
  apply::Manager manager;
  manager.name = write.manager;
  manager.operation = write.configuration != nullptr ? apply::Operation::apply : apply::Operation::update;
  manager.api_version = kind.api_version();
  manager.subresource = write.subresource;
  manager.time = std::chrono::floor<std::chrono::seconds>(now);
  return manager;
}

// The entry of the manager, if it is of the very same fields; else null. Entries that were read and written here are in
// the one spelling of write_fields().
const ManagedFieldsEntry* find_entry(const std::vector<ManagedFieldsEntry>& entries, const apply::Manager& manager) {
  const std::string_view operation = manager.operation == apply::Operation::apply ? "Apply" : "Update";
  for (const ManagedFieldsEntry& entry : entries) {
    if (entry.manager != manager.name || entry.operation != operation || entry.subresource != manager.subresource ||
        entry.api_version != manager.api_version || entry.fields_type != "FieldsV1") {
      continue;
    }
    return entry.fields_v1.json == apply::write_fields(manager.fields) ? &entry : nullptr;
  }
  return nullptr;
}

// The fields over which the manager does not conflict with others; see last_applied_annotation.
apply::FieldSet excused_fields(const Write& write, const Object* stored) {
  if (write.manager != "kubectl" || !write.subresource.empty() || stored == nullptr ||
      !stored->metadata.annotations.contains(apply::last_applied_annotation)) {
    return {};
  }
  return apply::last_applied_fields(*stored->kind, document_of(stored));
}

// Kubernetes: a single entry without content resets the list.
bool is_reset(const std::vector<ManagedFieldsEntry>& entries) {
  return entries.size() == 1 && entries.front() == ManagedFieldsEntry{};
}

// After an apply by kubectl the annotation of its older kind of apply says the same, as long as there is one.
void rewrite_last_applied(const Write& write, Object& object) {
  const auto annotation = object.metadata.annotations.find(apply::last_applied_annotation);
  if (write.manager != "kubectl" || annotation == object.metadata.annotations.end()) return;
  Node configuration = *write.configuration;
  if (Node* metadata = configuration.find("metadata")) {
    metadata->erase("managedFields");
    if (Node* annotations = metadata->find("annotations")) annotations->erase(apply::last_applied_annotation);
  }
  annotation->second = write_json(configuration) + "\n";
}

}  // namespace

Result<Applied> read_applied(const Write& write, const Object* stored) {
  const Kind& kind = *write.key.kind;
  apply::Manager applier = manager_of(write, kind, Time{});
  TRY(applier.fields, apply::applied_fields(kind, *write.configuration, write.subresource));
  // The same fields as last time, so none to take away, and the same values: what most applies say.
  if (stored != nullptr && find_entry(stored->metadata.managed_fields, applier) != nullptr &&
      apply::says_the_same(*stored, *write.configuration)) {
    return Applied{kind.copy(*stored), std::move(applier.fields)};
  }
  std::vector<ManagedFieldsEntry> entries;
  if (stored != nullptr) entries = stored->metadata.managed_fields;
  TRY(const apply::Managers managers, apply::read_managers(entries));
  Node merged = apply::merge_applied(kind, document_of(stored), *write.configuration, managers, applier);
  Node document = Node::map();
  document.at("apiVersion") = Node::of(kind.api_version());
  document.at("kind") = Node::of(std::string(kind.kind));
  for (auto& [name, value] : merged.members) {
    if (name != "apiVersion" && name != "kind") document.at(name) = std::move(value);
  }
  TRY(std::shared_ptr<Object> object, decode_object(document, &kind, DecodeOptions{}, nullptr));
  return Applied{std::move(object), std::move(applier.fields)};
}

Status set_managers(const Write& write, Time now, const Object* stored, const apply::FieldSet* applied,
                    Object& object) {
  if (write.manager.empty()) return {};
  std::vector<ManagedFieldsEntry>& entries = object.metadata.managed_fields;
  if (is_reset(entries)) {
    entries.clear();
    return {};
  }
  if (stored != nullptr && entries.empty()) entries = stored->metadata.managed_fields;
  if (stored == nullptr) entries.clear();
  const Kind& kind = *object.kind;
  apply::Manager writer = manager_of(write, kind, now);
  if (applied != nullptr) writer.fields = *applied;
  const apply::Changes changes = apply::changes_between(stored, object, write.subresource);
  if (changes.none() && stored != nullptr && entries == stored->metadata.managed_fields &&
      (applied == nullptr || find_entry(entries, writer) != nullptr)) {
    // Nothing to record: the entries stand as we wrote them.
    if (applied != nullptr) rewrite_last_applied(write, object);
    return {};
  }
  TRY(apply::Managers managers, apply::read_managers(entries));
  if (applied != nullptr) {
    // Kubernetes: what is there before the first apply belongs to somebody, though nobody knows to whom.
    if (stored != nullptr && managers.empty()) {
      apply::Manager earlier = writer;
      earlier.name = "before-first-apply";
      earlier.operation = apply::Operation::update;
      managers =
          apply::after_update(apply::changes_between(nullptr, *stored, write.subresource), {}, std::move(earlier));
    }
    TRY(managers, apply::after_apply(changes, std::move(managers), std::move(writer), write.conflicts,
                                     excused_fields(write, stored)));
    rewrite_last_applied(write, object);  // after the count: it is the server's doing, not the applier's
  } else {
    managers = apply::after_update(changes, std::move(managers), std::move(writer));
  }
  entries = apply::write_managers(std::move(managers));
  return {};
}

}  // namespace muster::admission
