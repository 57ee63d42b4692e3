// THE list of kinds. A kind is a struct, its description and one row here; storage, routes, watch, tables, `explain`
// and OpenAPI follow from the row. Behind the kinds that are stored stand the views: kinds of Kubernetes whose objects
// are made from ours when they are read (api/projection).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/base/error.h"
#include "api/schema/decode.h"
#include "api/types/meta.h"

namespace muster {

// A column of `get`.
struct Column {
  std::string_view name;  // "Desired"; upper-cased in our own tables
  std::string_view doc;
  std::string_view type = "string";  // string, integer, date
  int priority = 0;                  // > 0: only with -o wide
  std::string (*cell)(const Object& object, Time now) = nullptr;
  std::string_view path = {};  // of the one field that the cell shows as it is: ".status.lastStatus"; else empty
};

enum class NameRule { ecs, dns_label, dns_subdomain, path_segment, revision };
enum class Scope { cluster, namespaced };

struct Kind {
  std::string_view group;    // "muster.dev"; empty for the core group
  std::string_view version;  // "v1beta1"
  std::string_view kind;     // "Service"
  std::string_view plural;   // "services"
  std::string_view singular;
  std::vector<std::string_view> short_names;
  std::vector<std::string_view> categories;
  Scope scope = Scope::namespaced;
  NameRule name_rule = NameRule::ecs;
  bool has_status = false;  // a status subresource
  bool has_scale = false;
  bool shows_age = true;   // tables end with the column Age; false: never, or the columns name it
  std::uint8_t index = 0;  // position in served_kinds()
  // Of a view: the kind whose objects it shows, under the same namespace and name. Null: the kind is stored.
  const Kind& (*source)() = nullptr;
  std::vector<std::string_view> verbs;  // what is served of it; empty: everything

  const Type* (*type)() = nullptr;              // of the whole struct, metadata included
  std::shared_ptr<Object> (*make)() = nullptr;  // a fresh one with `kind` set
  std::shared_ptr<Object> (*copy)(const Object& object) = nullptr;
  void* (*fields)(Object& object) = nullptr;  // what `type` describes
  // Rules over several fields. Appends to causes. Never null.
  void (*check)(const Object& object, std::vector<Cause>& causes) = nullptr;
  // Fills what is empty and follows from other fields (a DAEMON's percentages, the family of a definition), and brings
  // values into their one spelling. Doing it twice changes nothing more. Never null.
  void (*defaults)(Object& object) = nullptr;
  std::vector<Column> columns;  // without NAME, which every table has, and AGE

  std::string api_version() const;  // "muster.dev/v1beta1", "v1"
  std::string resource() const;     // "services.muster.dev", "namespaces"
};

// All kinds that are stored, in the order of documentation and discovery.
std::span<const Kind> all_kinds();
// These, then the views.
std::span<const Kind> served_kinds();
// By plural, singular, short name or kind, without case; optionally with ".group". Null when unknown, and for views.
const Kind* find_kind(std::string_view word);
// By apiVersion and kind, exactly. Null when unknown, and for views.
const Kind* find_kind(std::string_view api_version, std::string_view kind);
// By the path of the API; also views. Null when unknown.
const Kind* find_resource(std::string_view group, std::string_view version, std::string_view plural);

// Muster's own, not one of Kubernetes'.
bool is_ours(const Kind& kind);

// "pods are a view of tasks.muster.dev: create a TaskRun or a Service instead": what a write is told that goes to a
// view, or to CustomResourceDefinitions.
std::string view_sentence(const Kind& view);

// The row of a struct. Specialised in kinds.cpp for each kind.
template <class T>
const Kind& kind_of();

// The object as its real struct, or null when it is of another kind (or null).
template <class T>
const T* as(const Object* object) {
  return object != nullptr && object->kind == &kind_of<T>() ? static_cast<const T*>(object) : nullptr;
}
template <class T>
std::shared_ptr<const T> as(const ObjectPtr& object) {
  return as<T>(object.get()) != nullptr ? std::static_pointer_cast<const T>(object) : nullptr;
}
// A fresh object of the kind, `kind` set.
template <class T>
T make() {
  T object;
  object.kind = &kind_of<T>();
  return object;
}
template <class T>
ObjectPtr share(T object) {
  return std::make_shared<const T>(std::move(object));
}

// The whole object as JSON, beginning with apiVersion and kind.
std::string encode_object(const Object& object);
void encode_object(const Object& object, std::string& out);
Node object_node(const Object& object);
// Strict decoding into the kind that the document names; `expected` may be null. Code::malformed when apiVersion or
// kind are missing or unknown. Does not validate cross-field rules; see validate_object.
Result<std::shared_ptr<Object>> decode_object(const Node& node, const Kind* expected, const DecodeOptions& options,
                                              std::vector<Warning>* warnings);
// Limits of the description, the name's rule and the kind's own check. Code::invalid with Kubernetes' wording:
// `Service.muster.dev "web" is invalid: spec.desiredCount: must be ...`.
Status validate_object(const Object& object);
// What is legal but will surprise: an ECS name that Kubernetes' tools cannot handle. Each says which tools.
std::vector<Warning> name_warnings(const Object& object);

// The reference of an event or an owner.
OwnerReference owner_reference(const Object& owner);
// "service/web", "task/x": for messages.
std::string display_name(const Object& object);

}  // namespace muster
