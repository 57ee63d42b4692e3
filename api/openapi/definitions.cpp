#include "api/openapi/definitions.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/openapi/schemas.h"
#include "api/schema/json.h"
#include "api/types/service.h"

namespace muster::openapi {
namespace {

// Structural schemas know no references: what is referred to stands in their place, under the description of where it
// is used.
Node inlined(Node schema, const Schemas& all) {
  Node* wrapped = schema.find("allOf");
  const Node& named = wrapped != nullptr ? wrapped->items.front() : schema;
  if (const Node* reference = named.find("$ref")) {
    Node target = all.at(reference->text);
    target.erase("x-kubernetes-group-version-kind");
    for (const auto& [name, member] : schema.members) {
      if (name != "allOf" && name != "$ref") target.at(name) = member;
    }
    schema = std::move(target);
  }
  for (Node& item : schema.items) item = inlined(std::move(item), all);
  for (auto& [name, member] : schema.members) member = inlined(std::move(member), all);
  return schema;
}

Node schema_of(const Kind& kind, const Schemas& all) {
  Node schema = all.at(schema_name(kind));
  schema.erase("x-kubernetes-group-version-kind");
  // Kubernetes describes metadata itself, the same for every kind.
  if (Node* properties = schema.find("properties")) {
    Node metadata = Node::map();
    metadata.at("type") = Node::of(std::string("object"));
    properties->at("metadata") = std::move(metadata);
  }
  return inlined(std::move(schema), all);
}

std::vector<std::string> texts(const std::vector<std::string_view>& words) {
  return {words.begin(), words.end()};
}

std::vector<PrinterColumn> columns_of(const Kind& kind) {
  std::vector<PrinterColumn> out;
  for (const Column& column : kind.columns) {
    if (column.path.empty()) continue;  // made of several fields: only the server's own tables show it
    out.push_back({std::string(column.name),
                   std::string(column.type),
                   {},
                   std::string(column.doc),
                   static_cast<std::int32_t>(column.priority),
                   std::string(column.path)});
  }
  out.push_back({"Age", "date", {}, "How long ago the object was created.", 0, ".metadata.creationTimestamp"});
  return out;
}

Condition condition(std::string_view type, std::string_view reason, std::string_view message) {
  return Condition{std::string(type), "True", 0, {}, std::string(reason), std::string(message)};
}

CustomResourceDefinition definition_of(const Kind& kind, const Schemas& all) {
  auto out = make<CustomResourceDefinition>();
  out.metadata.name = str(kind.plural, ".", kind.group);
  out.spec.group = kind.group;
  out.spec.names = {std::string(kind.plural), std::string(kind.singular), texts(kind.short_names),
                    std::string(kind.kind),   str(kind.kind, "List"),     texts(kind.categories)};
  out.spec.scope = kind.scope == Scope::namespaced ? "Namespaced" : "Cluster";
  out.spec.conversion.strategy = "None";
  DefinitionVersion version;
  version.name = kind.version;
  version.served = version.storage = true;
  version.schema.open_api_v3_schema.json = write_json(schema_of(kind, all));
  if (kind.has_status) version.subresources.status.json = "{}";
  if (kind.has_scale) version.subresources.scale = {".spec.desiredCount", ".status.runningCount"};
  version.additional_printer_columns = columns_of(kind);
  out.spec.versions.push_back(std::move(version));
  out.status.accepted_names = out.spec.names;
  out.status.stored_versions = {std::string(kind.version)};
  out.status.conditions = {condition("NamesAccepted", "NoConflicts", "no conflicts found"),
                           condition("Established", "InitialNamesAccepted", "the initial names have been accepted")};
  return out;
}

}  // namespace

std::vector<CustomResourceDefinition> definitions() {
  const Kind& first = kind_of<Service>();
  const Schemas schemas = schemas_of(GroupVersion{first.group, first.version});
  std::vector<CustomResourceDefinition> out;
  for (const Kind& kind : all_kinds()) {
    if (is_ours(kind)) out.push_back(definition_of(kind, schemas));
  }
  std::ranges::sort(out, {}, [](const CustomResourceDefinition& each) { return each.metadata.name; });
  return out;
}

}  // namespace muster::openapi
