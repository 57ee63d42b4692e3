#include "api/openapi/schemas.h"

#include <algorithm>
#include <limits>
#include <set>

#include "api/apply/layout.h"
#include "api/base/text.h"
#include "api/openapi/shared_schemas.h"
#include "api/schema/describe.h"
#include "api/schema/encode.h"
#include "api/schema/reference.h"

namespace muster::openapi {
namespace {

Node text(std::string_view value) {
  return Node::of(std::string(value));
}

const Type& unwrapped(const Type& type) {
  return type.shape == Shape::optional ? unwrapped(*type.element()) : type;
}

// "muster.dev" -> "dev.muster"; Kubernetes' own groups stand under io.k8s.api by their first word.
std::string domain_of(std::string_view group) {
  if (group.empty()) return "io.k8s.api.core";
  const std::vector<std::string_view> labels = split(group, '.');
  if (labels.size() == 1 || group.ends_with(".k8s.io")) return str("io.k8s.api.", labels.front());
  std::string out;
  for (auto label = labels.rbegin(); label != labels.rend(); ++label) out += str(out.empty() ? "" : ".", *label);
  return out;
}

void collect(const Type& type, std::set<const Type*>& out) {
  const Type& content = unwrapped(type);
  if (content.element != nullptr) return collect(*content.element(), out);
  if (content.shape != Shape::object || !out.insert(&content).second) return;
  for (const Field& field : content.fields) collect(*field.type(), out);
}

// What metadata is made of, which every group shares.
const std::set<const Type*>& metadata_types() {
  static const std::set<const Type*> types = [] {
    std::set<const Type*> out;
    collect(*type_of<Meta>(), out);
    return out;
  }();
  return types;
}

Node kind_extension(const GroupVersion& group_version, std::string_view kind) {
  Node entry = Node::map();
  entry.at("group") = text(group_version.group);
  entry.at("kind") = text(kind);
  entry.at("version") = text(group_version.version);
  Node list = Node::list();
  list.items.push_back(std::move(entry));
  return list;
}

Node reference(std::string_view name) {
  Node node = Node::map();
  node.at("$ref") = text(name);
  return node;
}

Node wrapped_reference(std::string_view name) {
  Node node = Node::map();
  Node all = Node::list();
  all.items.push_back(reference(name));
  node.at("allOf") = std::move(all);
  return node;
}

std::string description_of(const Field& field, const Type& owner) {
  const std::string limits = limits_text(field, owner);
  return limits.empty() ? std::string(field.doc) : str(field.doc, " (", limits, ")");
}

class Builder {
 public:
  explicit Builder(const GroupVersion& group_version) : group_version_(group_version) {}

  // The name of the object's schema, which is added if need be.
  std::string add(const Type& object) {
    std::string name =
        metadata_types().contains(&object) ? meta_schema_name(object.name) : schema_name(group_version_, object.name);
    if (added_.insert(&object).second) {
      Node schema = object_schema(object);
      schemas_.insert_or_assign(name, std::move(schema));
    }
    return name;
  }

  Schemas take() { return std::move(schemas_); }

 private:
  Node object_schema(const Type& object) {
    Node schema = Node::map();
    schema.at("description") = text(object.doc);
    schema.at("type") = text("object");
    Node required = Node::list();
    Node properties = Node::map();
    for (const Field& field : object.fields) {
      Node property = value_schema(*field.type(), &field);
      property.at("description") = text(description_of(field, object));
      add_default(field, object, property);
      properties.at(field.name) = std::move(property);
      if (field.required) required.items.push_back(text(field.name));
    }
    if (!properties.members.empty()) schema.at("properties") = std::move(properties);
    if (!required.items.empty()) schema.at("required") = std::move(required);
    return schema;
  }

  // What the server fills in. An object's default is that of its fields.
  static void add_default(const Field& field, const Type& owner, Node& property) {
    const Type& type = *field.type();
    if (field.get == nullptr || field.required || type.shape == Shape::object || type.shape == Shape::optional) return;
    const void* fresh = member_of(field, owner.fresh());
    if (is_left_out(owner, field, fresh)) return;
    if (field.as_text) return;
    property.at("default") = to_node(type, fresh);
  }

  // `field` may be null: then it is an item of a list or map, whose limits `holder` has.
  Node value_schema(const Type& given, const Field* field, const Field* holder = nullptr) {
    const Type& type = unwrapped(given);
    Node schema = Node::map();
    switch (type.shape) {
      case Shape::boolean: schema.at("type") = text("boolean"); break;
      case Shape::integer: add_integer(type, field, schema); break;
      case Shape::string:
        schema.at("type") = text("string");
        add_length(field != nullptr ? field : holder, schema);
        break;
      case Shape::duration: schema.at("type") = text("string"); break;
      case Shape::time:
        schema.at("type") = text("string");
        schema.at("format") = text("date-time");
        break;
      case Shape::enumeration: add_enumeration(type, schema); break;
      case Shape::raw: schema.at("x-kubernetes-preserve-unknown-fields") = Node::of(true); break;
      case Shape::object: {
        const std::string name = add(type);
        schema = field != nullptr ? wrapped_reference(name) : reference(name);
        if (field != nullptr && field->atomic) schema.at("x-kubernetes-map-type") = text("atomic");
        break;
      }
      case Shape::list: add_list(type, field, schema); break;
      case Shape::map: add_map(type, field, schema); break;
      case Shape::optional: break;  // unwrapped above
    }
    return schema;
  }

  static void add_integer(const Type& type, const Field* field, Node& schema) {
    if (field != nullptr && field->as_text) {
      schema.at("type") = text("string");
      return;
    }
    schema.at("type") = text("integer");
    schema.at("format") = text(type.highest > std::numeric_limits<std::int32_t>::max() ? "int64" : "int32");
    if (field == nullptr) return;
    if (field->minimum) schema.at("minimum") = Node::of(*field->minimum);
    if (field->maximum) schema.at("maximum") = Node::of(*field->maximum);
  }

  // The limit is one of bytes; a text of so many bytes never has more characters.
  static void add_length(const Field* field, Node& schema) {
    if (field != nullptr && field->max_length)
      schema.at("maxLength") = Node::of(static_cast<std::int64_t>(*field->max_length));
  }

  static void add_enumeration(const Type& type, Node& schema) {
    schema.at("type") = text("string");
    Node names = Node::list();
    for (const std::string_view name : type.enumerators) {
      if (!name.empty()) names.items.push_back(text(name));
    }
    schema.at("enum") = std::move(names);
  }

  void add_list(const Type& type, const Field* field, Node& schema) {
    schema.at("type") = text("array");
    schema.at("items") = value_schema(*type.element(), nullptr, field);
    if (field != nullptr && field->max_items)
      schema.at("maxItems") = Node::of(static_cast<std::int64_t>(*field->max_items));
    const apply::Layout::Kind layout = apply::layout_of(type, field).kind;
    if (layout == apply::Layout::Kind::keyed_list) {
      schema.at("x-kubernetes-list-type") = text("map");
      Node keys = Node::list();
      for (const std::string_view key : field->list_keys) keys.items.push_back(text(key));
      schema.at("x-kubernetes-list-map-keys") = std::move(keys);
      if (field->list_keys.size() == 1) add_patch_rule(field->list_keys.front(), schema);
    } else {
      if (layout == apply::Layout::Kind::set_list) add_patch_rule({}, schema);
      schema.at("x-kubernetes-list-type") = text(layout == apply::Layout::Kind::set_list ? "set" : "atomic");
    }
  }

  // How a strategic merge patch, which only Kubernetes' own kinds know, treats the list.
  void add_patch_rule(std::string_view key, Node& schema) const {
    if (group_version_.group == "muster.dev") return;
    if (!key.empty()) schema.at("x-kubernetes-patch-merge-key") = text(key);
    schema.at("x-kubernetes-patch-strategy") = text("merge");
  }

  void add_map(const Type& type, const Field* field, Node& schema) {
    schema.at("type") = text("object");
    schema.at("additionalProperties") = value_schema(*type.element(), nullptr, field);
    if (field != nullptr && field->max_items)
      schema.at("maxProperties") = Node::of(static_cast<std::int64_t>(*field->max_items));
    const bool free = apply::layout_of(type, field).kind == apply::Layout::Kind::free_map;
    schema.at("x-kubernetes-map-type") = text(free ? "granular" : "atomic");
  }

  GroupVersion group_version_;
  Schemas schemas_;
  std::set<const Type*> added_;
};

Node list_schema(const Kind& kind) {
  const auto property = [](Node schema, std::string_view doc) {
    schema.at("description") = text(doc);
    return schema;
  };
  Node string = Node::map();
  string.at("type") = text("string");
  Node items = Node::map();
  items.at("type") = text("array");
  items.at("items") = reference(schema_name(kind));
  Node properties = Node::map();
  properties.at("apiVersion") = property(string, "The group and version of the API that the list belongs to.");
  properties.at("items") = property(std::move(items), "The objects.");
  properties.at("kind") = property(string, "The kind of the list.");
  properties.at("metadata") =
      property(wrapped_reference(meta_schema_name("ListMeta")), "The revision and the next page.");
  Node schema = Node::map();
  schema.at("description") = text(str("A list of objects of kind ", kind.kind, "."));
  schema.at("type") = text("object");
  schema.at("properties") = std::move(properties);
  schema.at("required") = Node::list();
  schema.at("required").items.push_back(text("items"));
  schema.at("x-kubernetes-group-version-kind") = kind_extension({kind.group, kind.version}, str(kind.kind, "List"));
  return schema;
}

}  // namespace

std::string schema_name(const GroupVersion& group_version, std::string_view type) {
  return str(domain_of(group_version.group), ".", group_version.version, ".", type);
}

std::string schema_name(const Kind& kind) {
  return schema_name(GroupVersion{kind.group, kind.version}, kind.kind);
}

std::string meta_schema_name(std::string_view type) {
  return str("io.k8s.apimachinery.pkg.apis.meta.v1.", type);
}

Schemas schemas_of(const GroupVersion& group_version) {
  Builder builder(group_version);
  const std::vector<const Kind*> kinds = kinds_of(group_version);
  const std::vector<const access::Review*> reviews = reviews_of(group_version);
  for (const Kind* kind : kinds) builder.add(*kind->type());
  for (const access::Review* review : reviews) builder.add(*review->type());
  builder.add(*type_of<Meta>());
  Schemas out = builder.take();
  for (const Kind* kind : kinds) {
    out.at(schema_name(*kind)).at("x-kubernetes-group-version-kind") = kind_extension(group_version, kind->kind);
    out.insert_or_assign(schema_name(*kind) + "List", list_schema(*kind));
  }
  for (const access::Review* review : reviews) {
    out.at(schema_name(group_version, review->kind)).at("x-kubernetes-group-version-kind") =
        kind_extension(group_version, review->kind);
  }
  const bool scales = std::ranges::any_of(kinds, &Kind::has_scale);
  for (const auto& [name, schema] : shared_schemas()) {
    if (scales || !name.starts_with("io.k8s.api.autoscaling.")) out.emplace(name, schema);
  }
  return out;
}

void place_references(Node& node, std::string_view prefix) {
  for (Node& item : node.items) place_references(item, prefix);
  for (auto& [name, member] : node.members) {
    if (name == "$ref" && member.is_string()) {
      member.text.insert(0, prefix);
    } else {
      place_references(member, prefix);
    }
  }
}

}  // namespace muster::openapi
