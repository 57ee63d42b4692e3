#include "api/admission/admission.h"

#include <algorithm>

#include "api/admission/managed_fields.h"
#include "api/admission/rules.h"
#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/decode.h"
#include "api/types/builtin.h"

namespace muster {
namespace admission {
namespace {

const Field* status_field(const Kind& kind) {
  return kind.has_status ? kind.type()->find("status") : nullptr;
}

// What the kind's description describes, for reading.
const void* fields_of(const Object& object) {
  return object.kind->fields(const_cast<Object&>(object));  // NOLINT: the accessor does not change the object
}
const void* member(const Field& field, const Object& object) {
  return member_of(field, fields_of(object));
}
void* member(const Field& field, Object& object) {
  return field.get(object.kind->fields(object));
}

void copy_member(const Field& field, const Object& from, Object& to) {
  field.type()->assign(member(field, to), member(field, from));
}

// Everything outside metadata and status: what `generation` counts the changes of.
bool same_content(const Object& left, const Object& right) {
  for (const Field& field : left.kind->type()->fields) {
    if (field.get == nullptr || field.name == "metadata" || field.name == "status") continue;
    if (!field.type()->equal(member(field, left), member(field, right))) return false;
  }
  return true;
}

bool same_status(const Object& left, const Object& right) {
  const Field* status = status_field(*left.kind);
  return status == nullptr || status->type()->equal(member(*status, left), member(*status, right));
}

std::string quoted_name(const Kind& kind, std::string_view name) {
  return str(kind.resource(), " \"", name, "\"");
}

Error not_found(const Kind& kind, std::string_view name) {
  return Error{Code::not_found, str(quoted_name(kind, name), " not found"), {}};
}

Error conflict(const Kind& kind, std::string_view name, std::string_view why) {
  return Error{Code::conflict, str("Operation cannot be fulfilled on ", quoted_name(kind, name), ": ", why), {}};
}

constexpr std::string_view modified =
    "the object has been modified; please apply your changes to the latest version and try again";

// Immutable fields of structs inside `type`, compared one by one so that the error names the field.
void check_immutable(const Type& type, const void* before, const void* after, const std::string& path,
                     std::vector<Cause>& causes) {
  for (const Field& field : type.fields) {
    if (field.get == nullptr) continue;
    const Type& inner = *field.type();
    const void* old_value = member_of(field, before);
    const void* new_value = member_of(field, after);
    const std::string here = path.empty() ? std::string(field.name) : str(path, ".", field.name);
    if (field.immutable) {
      if (!inner.equal(old_value, new_value)) causes.push_back(Cause{here, "field is immutable", "FieldValueInvalid"});
    } else if (inner.shape == Shape::object) {
      check_immutable(inner, old_value, new_value, here, causes);
    }
  }
}

// RFC 4122, version 4.
std::string uuid_of(std::string hex32) {
  constexpr std::string_view variant = "89ab";
  hex32[12] = '4';
  hex32[16] = variant[static_cast<unsigned char>(hex32[16]) % variant.size()];
  return str(hex32.substr(0, 8), "-", hex32.substr(8, 4), "-", hex32.substr(12, 4), "-", hex32.substr(16, 4), "-",
             hex32.substr(20, 12));
}

std::string generated_name(const std::string& base, const std::string& random) {
  constexpr std::string_view alphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string name = base.substr(0, 58);
  std::uint64_t bits = stable_hash(random);
  for (int i = 0; i < 5; ++i) {
    name += alphabet[bits % alphabet.size()];
    bits /= alphabet.size();
  }
  return name;
}

Status check_namespace(Scope& scope, const Object& object) {
  if (object.kind->scope != muster::Scope::namespaced) return {};
  const auto ns = scope.state.get<Namespace>({}, object.metadata.ns);
  if (ns == nullptr) return not_found(kind_of<Namespace>(), object.metadata.ns);
  if (ns->metadata.deleting()) {
    Error error = forbidden(object, str("unable to create new content in namespace ", object.metadata.ns,
                                        " because it is being terminated"));
    error.causes.push_back(Cause{"metadata.namespace", str("namespace ", object.metadata.ns, " is being terminated"),
                                 "NamespaceTerminating"});
    return error;
  }
  return {};
}

bool held(const Object& object) {
  if (!object.metadata.finalizers.empty()) return true;
  const auto* ns = as<Namespace>(&object);
  return ns != nullptr && !ns->spec.finalizers.empty();
}

// The object as it was before this batch, when the batch has changed it already; else null.
ObjectPtr before_batch(const Scope& scope, const Key& key) {
  const auto first = std::find_if(scope.changes.begin(), scope.changes.end(), [&](const Change& change) {
    const Object& object = change.object();
    return object.kind == key.kind && object.metadata.name == key.name && object.metadata.ns == key.ns;
  });
  return first == scope.changes.end() ? nullptr : first->before;
}

// Where a write refers to a stored object: found, and not changed by somebody else since it was read.
Result<ObjectPtr> find_stored(const Scope& scope, const Key& key, std::int64_t expected_revision,
                              const std::string& expected_uid) {
  ObjectPtr stored = scope.state.find(key);
  if (stored == nullptr) return not_found(*key.kind, key.name);
  if (!expected_uid.empty() && expected_uid != stored->metadata.uid) {
    return conflict(*key.kind, key.name,
                    str("Precondition failed: UID in precondition: ", expected_uid,
                        ", UID in object meta: ", stored->metadata.uid));
  }
  if (expected_revision != 0 && expected_revision != stored->metadata.resource_version) {
    // An earlier write of this very batch has changed it: then both were read at the same revision.
    const ObjectPtr original = before_batch(scope, key);
    if (original == nullptr || original->metadata.resource_version != expected_revision) {
      return conflict(*key.kind, key.name, modified);
    }
  }
  return stored;
}

std::shared_ptr<Object> own_object(const Write& write) {
  return write.own != nullptr ? write.own : write.object->kind->copy(*write.object);
}

// `applied` is null unless the object comes of an apply.
Result<Admitted> admit_create(Scope& scope, const Write& write, std::shared_ptr<Object> object,
                              const apply::FieldSet* applied) {
  const Kind& kind = *object->kind;
  Meta& meta = object->metadata;
  if (meta.resource_version != 0) {
    return Error{Code::malformed, "resourceVersion should not be set on objects to be created", {}};
  }
  if (kind.scope == muster::Scope::cluster) meta.ns.clear();
  if (meta.name.empty() && !meta.generate_name.empty()) {
    do {
      meta.name = generated_name(meta.generate_name, scope.context.new_uid());
    } while (scope.state.find(kind, meta.ns, meta.name) != nullptr);
  }
  TRY_VOID(check_namespace(scope, *object));
  if (!meta.name.empty() && scope.state.find(kind, meta.ns, meta.name) != nullptr) {
    return Error{Code::already_exists, str(quoted_name(kind, meta.name), " already exists"), {}};
  }
  const std::string uid = scope.context.new_uid();
  meta.uid = kind.kind == "Task" ? uid : uuid_of(uid);
  meta.creation_timestamp = std::chrono::floor<std::chrono::seconds>(scope.context.now);
  meta.deletion_timestamp = {};
  meta.deletion_grace_period_seconds.reset();
  meta.generation = 1;
  if (const Field* status = status_field(kind)) status->type()->reset(member(*status, *object));
  if (kind.defaults != nullptr) kind.defaults(*object);
  TRY_VOID(complete(scope, *object, nullptr));
  TRY_VOID(validate_object(*object));
  TRY_VOID(set_managers(write, scope.context.now, nullptr, applied, *object));
  make_revision(scope, *object, nullptr);
  Admitted admitted{store(scope, std::move(object)), true, false, {}};
  admitted.created = true;
  return admitted;
}

Result<Admitted> finish_update(Scope& scope, std::shared_ptr<Object> object, const ObjectPtr& stored) {
  if (object->metadata.deleting() && !held(*object)) {
    erase(scope, *stored);
    return Admitted{object, true, true, {}};
  }
  if (same_content(*object, *stored) && object->metadata == stored->metadata && same_status(*object, *stored)) {
    return Admitted{stored, false, false, {}};
  }
  return Admitted{store(scope, std::move(object)), true, false, {}};
}

Result<Admitted> admit_update(Scope& scope, const Write& write, std::shared_ptr<Object> object,
                              const apply::FieldSet* applied) {
  Meta& meta = object->metadata;
  TRY(const ObjectPtr stored, find_stored(scope, key_of(*object), meta.resource_version, meta.uid));
  meta.uid = stored->metadata.uid;
  meta.generate_name = stored->metadata.generate_name;
  meta.resource_version = stored->metadata.resource_version;
  meta.generation = stored->metadata.generation;
  meta.creation_timestamp = stored->metadata.creation_timestamp;
  meta.deletion_timestamp = stored->metadata.deletion_timestamp;
  meta.deletion_grace_period_seconds = stored->metadata.deletion_grace_period_seconds;
  if (const Field* status = status_field(*object->kind)) copy_member(*status, *stored, *object);
  if (object->kind->defaults != nullptr) object->kind->defaults(*object);
  TRY_VOID(complete(scope, *object, stored.get()));
  TRY_VOID(validate_object(*object));
  std::vector<Cause> causes;
  check_immutable(*object->kind->type(), fields_of(*stored), fields_of(*object), "", causes);
  if (!causes.empty()) {
    Error error = invalid(*object, causes.front().field, causes.front().message);
    error.causes = std::move(causes);
    return error;
  }
  TRY_VOID(check_transition(scope, *object, *stored));
  if (meta.deleting()) {
    for (const std::string& finalizer : meta.finalizers) {
      if (std::find(stored->metadata.finalizers.begin(), stored->metadata.finalizers.end(), finalizer) ==
          stored->metadata.finalizers.end()) {
        return invalid(*object, "metadata.finalizers", "no new finalizers can be added if the object is being deleted");
      }
    }
  }
  TRY_VOID(set_managers(write, scope.context.now, stored.get(), applied, *object));
  if (!same_content(*object, *stored)) {
    ++meta.generation;
    make_revision(scope, *object, stored.get());
  }
  return finish_update(scope, std::move(object), stored);
}

Result<Admitted> admit_status(Scope& scope, const Write& write, const Object& given, const apply::FieldSet* applied) {
  const Field* status = status_field(*given.kind);
  if (status == nullptr) {
    return Error{Code::not_allowed, str(given.kind->resource(), " have no status subresource"), {}};
  }
  TRY(const ObjectPtr stored, find_stored(scope, key_of(given), given.metadata.resource_version, given.metadata.uid));
  std::shared_ptr<Object> object = stored->kind->copy(*stored);
  copy_member(*status, given, *object);
  std::vector<Cause> causes;
  validate(*status->type(), member(*status, *object), "status", causes);
  if (!causes.empty()) {
    Error error = invalid(*object, causes.front().field, causes.front().message);
    error.causes = std::move(causes);
    return error;
  }
  TRY_VOID(check_transition(scope, *object, *stored));
  TRY_VOID(set_managers(write, scope.context.now, stored.get(), applied, *object));
  return finish_update(scope, std::move(object), stored);
}

Result<Admitted> admit_apply(Scope& scope, const Write& given) {
  Write write = given;
  if (auto completed = with_keys(*given.key.kind, given.configuration)) write.configuration = std::move(completed);
  const ObjectPtr stored = scope.state.find(write.key);
  if (stored == nullptr && !write.subresource.empty()) return not_found(*write.key.kind, write.key.name);
  TRY(Applied applied, read_applied(write, stored.get()));
  if (stored == nullptr) {
    if (!applied.object->metadata.uid.empty()) {
      return conflict(*write.key.kind, write.key.name, "uid mismatch: the object to be applied does not exist");
    }
    return admit_create(scope, write, std::move(applied.object), &applied.fields);
  }
  if (write.subresource == "status") return admit_status(scope, write, *applied.object, &applied.fields);
  return admit_update(scope, write, std::move(applied.object), &applied.fields);
}

Result<Admitted> admit_remove(Scope& scope, const Write& write) {
  TRY(const ObjectPtr stored, find_stored(scope, write.key, write.expected_revision, write.expected_uid));
  TRY_VOID(check_removal(scope, *stored));
  std::shared_ptr<Object> object = stored->kind->copy(*stored);
  Meta& meta = object->metadata;
  if (!meta.deleting()) {
    if (write.propagation == Propagation::foreground) meta.finalizers.emplace_back("foregroundDeletion");
    if (write.propagation == Propagation::orphan) meta.finalizers.emplace_back("orphan");
  }
  if (!held(*object)) {
    erase(scope, *stored);
    return Admitted{stored, true, true, {}};
  }
  if (meta.deleting()) return Admitted{stored, false, false, {}};
  meta.deletion_timestamp = std::chrono::floor<std::chrono::seconds>(scope.context.now);
  meta.deletion_grace_period_seconds = 0;
  ++meta.generation;
  if (object->kind == &kind_of<Namespace>()) static_cast<Namespace&>(*object).status.phase = "Terminating";
  return Admitted{store(scope, std::move(object)), true, false, {}};
}

Result<Admitted> admit_one(Scope& scope, const Write& write) {
  switch (write.verb) {
    case Verb::create: return admit_create(scope, write, own_object(write), nullptr);
    case Verb::update: return admit_update(scope, write, own_object(write), nullptr);
    case Verb::update_status: return admit_status(scope, write, *write.object, nullptr);
    case Verb::apply: return admit_apply(scope, write);
    case Verb::remove: return admit_remove(scope, write);
  }
  return Error{Code::internal, "unknown verb", {}};
}

}  // namespace

ObjectPtr store(Scope& scope, std::shared_ptr<Object> object) {
  // Changes of a batch have consecutive revisions, so the revision of an object this batch has changed is its place.
  const std::int64_t first = scope.state.revision() - static_cast<std::int64_t>(scope.changes.size()) + 1;
  ObjectPtr before = scope.state.put(object);
  if (before != nullptr && !scope.changes.empty() && before->metadata.resource_version >= first) {
    Change& change = scope.changes[static_cast<std::size_t>(before->metadata.resource_version - first)];
    object->metadata.resource_version = before->metadata.resource_version;
    change.after = std::move(object);
    return change.after;
  }
  object->metadata.resource_version = scope.state.revision() + 1;
  scope.state.set_revision(object->metadata.resource_version);
  ObjectPtr after = std::move(object);
  scope.changes.push_back(Change{std::move(before), after});
  return after;
}

void erase(Scope& scope, const Object& object) {
  scope.state.set_revision(scope.state.revision() + 1);
  scope.changes.push_back(Change{scope.state.erase(key_of(object)), nullptr});
  deactivate_revisions(scope, object);
}

Error invalid(const Object& object, std::string field, std::string message) {
  const Kind& kind = *object.kind;
  std::string text = str(kind.kind, kind.group.empty() ? "" : ".", kind.group, " \"", object.metadata.name,
                         "\" is invalid: ", field, ": ", message);
  return Error{Code::invalid, std::move(text), {Cause{std::move(field), std::move(message), "FieldValueInvalid"}}};
}

Error forbidden(const Object& object, std::string_view why) {
  return Error{Code::forbidden, str(quoted_name(*object.kind, object.metadata.name), " is forbidden: ", why), {}};
}

}  // namespace admission

Write create(ObjectPtr object) {
  Write write;
  write.verb = Verb::create;
  write.object = std::move(object);
  return write;
}

Write update(ObjectPtr object) {
  Write write = create(std::move(object));
  write.verb = Verb::update;
  return write;
}

Write create_own(std::shared_ptr<Object> object) {
  Write write = create(object);
  write.own = std::move(object);
  return write;
}

Write update_own(std::shared_ptr<Object> object) {
  Write write = create_own(std::move(object));
  write.verb = Verb::update;
  return write;
}

Write update_status(ObjectPtr object) {
  Write write = create(std::move(object));
  write.verb = Verb::update_status;
  return write;
}

Write apply_configuration(Key key, std::shared_ptr<const Node> configuration, std::string manager,
                          apply::Conflicts conflicts) {
  Write write;
  write.verb = Verb::apply;
  write.key = std::move(key);
  write.configuration = std::move(configuration);
  write.manager = std::move(manager);
  write.conflicts = conflicts;
  return write;
}

Write remove(const Object& object) {
  Write write;
  write.verb = Verb::remove;
  write.key = key_of(object);
  write.expected_revision = object.metadata.resource_version;
  write.expected_uid = object.metadata.uid;
  return write;
}

void take_back(State& state, const std::vector<Change>& changes, std::int64_t revision) {
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    if (change->before != nullptr) {
      state.put(change->before);
    } else {
      state.erase(key_of(*change->after));
    }
  }
  state.set_revision(revision);
}

Result<Admission> admit(State& state, const std::vector<Write>& writes, const AdmissionContext& context) {
  if (writes.size() > 2 * limits::batch_objects) {
    return Error{
        Code::too_large, str("a batch of ", writes.size(), " writes; at most ", 2 * limits::batch_objects), {}};
  }
  // No copy of the state is kept to go back to: every node that a copy shares would have to be copied to be edited.
  const std::int64_t revision = state.revision();
  Admission out;
  out.results.reserve(writes.size());
  for (const Write& write : writes) {
    admission::Scope scope{state, context, out.changes, {}};
    Result<Admitted> admitted = admission::admit_one(scope, write);
    if (!admitted.ok()) {
      take_back(state, out.changes, revision);
      return std::move(admitted).error();
    }
    admitted->warnings.insert(admitted->warnings.end(), scope.warnings.begin(), scope.warnings.end());
    out.results.push_back(std::move(admitted).value());
  }
  return out;
}

}  // namespace muster
