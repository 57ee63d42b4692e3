#include "api/openapi/document.h"

#include "api/base/text.h"
#include "api/openapi/operations.h"
#include "api/openapi/schemas.h"

namespace muster::openapi {
namespace {

Node text(std::string_view value) {
  return Node::of(std::string(value));
}

Node texts(const std::vector<std::string_view>& values) {
  Node list = Node::list();
  for (const std::string_view value : values) list.items.push_back(text(value));
  return list;
}

Node reference(std::string_view name) {
  Node node = Node::map();
  node.at("$ref") = text(name);
  return node;
}

Node info(std::string_view version) {
  Node node = Node::map();
  node.at("title") = text("Muster");
  node.at("version") = text(version);
  return node;
}

std::string_view answer_text(int code) {
  return code == 201 ? "Created" : "OK";
}

// What both versions say of an operation in the same words.
Node operation_head(const Operation& operation, std::string_view tag) {
  Node node = Node::map();
  node.at("description") = text(operation.doc);
  node.at("operationId") = text(operation.id);
  node.at("tags") = texts({tag});
  node.at("x-kubernetes-action") = text(operation.action);
  Node kind = Node::map();
  kind.at("group") = text(operation.kind.group);
  kind.at("kind") = text(operation.kind.kind);
  kind.at("version") = text(operation.kind.version);
  node.at("x-kubernetes-group-version-kind") = std::move(kind);
  return node;
}

Node parameter_head(const Parameter& parameter) {
  Node node = Node::map();
  node.at("name") = text(parameter.name);
  node.at("in") = text(parameter.in);
  node.at("description") = text(parameter.doc);
  if (parameter.in == "path") node.at("required") = Node::of(true);
  return node;
}

Node v3_parameters(const std::vector<Parameter>& parameters) {
  Node list = Node::list();
  for (const Parameter& parameter : parameters) {
    Node node = parameter_head(parameter);
    node.at("schema") = Node::map();
    node.at("schema").at("type") = text(parameter.type);
    list.items.push_back(std::move(node));
  }
  return list;
}

Node plain_text() {
  Node schema = Node::map();
  schema.at("type") = text("string");
  return schema;
}

Node v3_content(const std::vector<std::string_view>& types, const std::string& schema) {
  Node content = Node::map();
  for (const std::string_view type : types) {
    content.at(type) = Node::map();
    content.at(type).at("schema") = schema.empty() ? plain_text() : reference(schema);
  }
  return content;
}

std::vector<std::string_view> produced_by(const Operation& operation) {
  if (operation.answer.empty()) return {"text/plain"};
  if (operation.action == "list") return {"application/json", "application/json;stream=watch"};
  return {"application/json"};
}

Node v3_operation(const Operation& operation, std::string_view tag) {
  Node node = operation_head(operation, tag);
  if (!operation.parameters.empty()) node.at("parameters") = v3_parameters(operation.parameters);
  if (!operation.body.empty()) {
    node.at("requestBody") = Node::map();
    node.at("requestBody").at("content") = v3_content(operation.consumes, operation.body);
    if (operation.method != "delete") node.at("requestBody").at("required") = Node::of(true);
  }
  Node responses = Node::map();
  for (const int code : operation.codes) {
    Node response = Node::map();
    response.at("description") = text(answer_text(code));
    response.at("content") = v3_content(produced_by(operation), operation.answer);
    responses.at(str(code)) = std::move(response);
  }
  node.at("responses") = std::move(responses);
  return node;
}

Node v2_parameters(const std::vector<Parameter>& parameters) {
  Node list = Node::list();
  for (const Parameter& parameter : parameters) {
    Node node = parameter_head(parameter);
    node.at("type") = text(parameter.type);
    list.items.push_back(std::move(node));
  }
  return list;
}

Node v2_operation(const Operation& operation, std::string_view tag) {
  Node node = operation_head(operation, tag);
  Node parameters = v2_parameters(operation.parameters);
  if (!operation.body.empty()) {
    Node body = Node::map();
    body.at("name") = text("body");
    body.at("in") = text("body");
    if (operation.method != "delete") body.at("required") = Node::of(true);
    body.at("schema") = reference(operation.body);
    parameters.items.push_back(std::move(body));
    node.at("consumes") = texts(operation.consumes);
  }
  if (!parameters.items.empty()) node.at("parameters") = std::move(parameters);
  node.at("produces") = texts(produced_by(operation));
  Node responses = Node::map();
  for (const int code : operation.codes) {
    Node response = Node::map();
    response.at("description") = text(answer_text(code));
    response.at("schema") = operation.answer.empty() ? plain_text() : reference(operation.answer);
    responses.at(str(code)) = std::move(response);
  }
  node.at("responses") = std::move(responses);
  return node;
}

std::string tag_of(const GroupVersion& group_version) {
  std::string tag = group_version.name();
  for (char& letter : tag) {
    if (letter == '/' || letter == '.') letter = '_';
  }
  return group_version.group.empty() ? "core_" + tag : tag;
}

template <class Write>
void add_paths(const GroupVersion& group_version, Node& paths, Node (*write_parameters)(const std::vector<Parameter>&),
               const Write& write) {
  const std::string tag = tag_of(group_version);
  for (const Path& path : paths_of(group_version)) {
    Node item = Node::map();
    if (!path.parameters.empty()) item.at("parameters") = write_parameters(path.parameters);
    for (const Operation& operation : path.operations) item.at(operation.method) = write(operation, tag);
    paths.at(path.path) = std::move(item);
  }
}

Node tree_of(Schemas&& schemas) {
  Node node = Node::map();
  for (auto& [name, schema] : schemas) node.members.emplace_back(name, std::move(schema));
  return node;
}

// Version 2 has no room for a description beside `allOf`, but its readers take one beside `$ref`.
void unwrap_references(Node& node) {
  for (Node& item : node.items) unwrap_references(item);
  for (auto& [name, member] : node.members) unwrap_references(member);
  Node* all = node.find("allOf");
  if (all == nullptr || all->items.size() != 1) return;
  Node target = *all->items.front().find("$ref");
  node.erase("allOf");
  node.at("$ref") = std::move(target);
}

}  // namespace

Node v3_document(const GroupVersion& group_version, std::string_view version) {
  Node document = Node::map();
  document.at("openapi") = text("3.0.0");
  document.at("info") = info(version);
  document.at("paths") = Node::map();
  add_paths(group_version, document.at("paths"), v3_parameters, v3_operation);
  document.at("components") = Node::map();
  document.at("components").at("schemas") = tree_of(schemas_of(group_version));
  place_references(document, "#/components/schemas/");
  return document;
}

std::string document_hash(std::string_view document) {
  return hex(stable_hash(document), 16) + hex(stable_hash(document, 1), 16);
}

Node v3_index(const std::vector<IndexEntry>& entries) {
  Node paths = Node::map();
  for (const IndexEntry& entry : entries) {
    const std::string path = entry.group_version.path();
    paths.at(path) = Node::map();
    paths.at(path).at("serverRelativeURL") = text(str("/openapi/v3/", path, "?hash=", entry.hash));
  }
  Node index = Node::map();
  index.at("paths") = std::move(paths);
  return index;
}

Node v2_document(std::string_view version) {
  Node document = Node::map();
  document.at("swagger") = text("2.0");
  document.at("info") = info(version);
  document.at("paths") = Node::map();
  Schemas definitions;
  for (const GroupVersion& group_version : group_versions()) {
    add_paths(group_version, document.at("paths"), v2_parameters, v2_operation);
    definitions.merge(schemas_of(group_version));
  }
  document.at("definitions") = tree_of(std::move(definitions));
  place_references(document, "#/definitions/");
  unwrap_references(document);
  return document;
}

}  // namespace muster::openapi
