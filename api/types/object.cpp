// Whole objects: JSON around the description, validation, references and names for messages.
#include <algorithm>

#include "api/base/assert.h"
#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/encode.h"
#include "api/schema/json.h"
#include "api/types/checks.h"
#include "api/types/kinds.h"
#include "api/types/names.h"

namespace muster {
namespace {

// The struct's fields, for reading. `fields` wants a mutable object only because decoding shares it.
const void* fields_of(const Object& object) {
  return object.kind->fields(const_cast<Object&>(object));
}

Error malformed(const DecodeOptions& options, const Mark& mark, std::string_view message) {
  std::string place;
  if (!options.source.empty()) place = str(options.source, ':', mark.line, ':', mark.column, ": ");
  return Error{Code::malformed, str(place, message), {}};
}

// "unknown kind ...", with the kind or version that was probably meant.
std::string unknown_kind(std::string_view api_version, std::string_view name) {
  std::string message = str("no kind \"", name, "\" in apiVersion \"", api_version, "\"");
  std::vector<std::string_view> names;
  for (const Kind& kind : all_kinds()) {
    if (kind.kind == name) return str(message, "; it is in \"", kind.api_version(), "\"");
    names.push_back(kind.kind);
  }
  const auto near = nearest(name, names);
  return near ? str(message, "; did you mean \"", *near, "\"?") : message;
}

Result<const Kind*> named_kind(const Node& node, const Kind* expected, const DecodeOptions& options) {
  if (!node.is_map()) {
    return malformed(options, node.mark, str("an object must be a map, not ", describe_kind(node.kind)));
  }
  for (const std::string_view field : {"apiVersion", "kind"}) {
    const Node* value = node.find(field);
    if (value == nullptr || value->is_null()) return malformed(options, node.mark, str(field, " is missing"));
    if (!value->is_string()) return malformed(options, value->mark, str(field, ": must be a string"));
  }
  const std::string_view api_version = node.text_of("apiVersion");
  const std::string_view name = node.text_of("kind");
  const Mark& mark = node.find("kind")->mark;
  const bool is_expected =
      expected != nullptr && expected->kind == name && expected->api_version() == api_version;  // it may be a view
  const Kind* kind = is_expected ? expected : find_kind(api_version, name);
  if (kind == nullptr) return malformed(options, mark, unknown_kind(api_version, name));
  if (expected != nullptr && kind != expected) {
    return malformed(options, mark,
                     str("the object is a ", kind->kind, " (", api_version, "), but a ", expected->kind, " (",
                         expected->api_version(), ") is expected here"));
  }
  return kind;
}

// A finding of the description as Kubernetes begins it.
std::string worded(const Cause& cause) {
  constexpr std::pair<std::string_view, std::string_view> beginnings[] = {
      {"FieldValueInvalid", "Invalid value"},     {"FieldValueRequired", "Required value"},
      {"FieldValueDuplicate", "Duplicate value"}, {"FieldValueNotSupported", "Unsupported value"},
      {"FieldValueTooLong", "Too long"},          {"FieldValueTooMany", "Too many"}};
  for (const auto& [reason, beginning] : beginnings) {
    if (cause.reason == reason) return str(beginning, ": ", cause.message);
  }
  return cause.message;
}

// `Service.muster.dev "web" is invalid: spec.a: wrong`; several findings stand in brackets, as Kubernetes writes them.
Error invalid(const Object& object, std::vector<Cause> causes) {
  const Kind& kind = *object.kind;
  if (causes.size() > limits::causes) causes.resize(limits::causes);
  std::vector<std::string> texts;
  texts.reserve(causes.size());
  for (const Cause& cause : causes) {
    texts.push_back(cause.field.empty() ? cause.message : str(cause.field, ": ", cause.message));
  }
  const std::string what = kind.group.empty() ? std::string(kind.kind) : str(kind.kind, '.', kind.group);
  const std::string list = texts.size() == 1 ? texts.front() : str('[', join(texts, ", "), ']');
  return Error{Code::invalid, str(what, " \"", object.metadata.name, "\" is invalid: ", list), std::move(causes)};
}

}  // namespace

void encode_object(const Object& object, std::string& out) {
  MUSTER_ASSERT(object.kind != nullptr);
  out += R"({"apiVersion":")";
  if (!object.kind->group.empty()) {
    out += object.kind->group;
    out += '/';
  }
  out += object.kind->version;
  out += R"(","kind":")";
  out += object.kind->kind;
  out += '"';
  const std::size_t brace = out.size();
  encode(*object.kind->type(), fields_of(object), out);
  if (out.size() - brace > 2) {
    out[brace] = ',';
  } else {
    out.resize(brace);
    out += '}';
  }
}

std::string encode_object(const Object& object) {
  std::string out;
  encode_object(object, out);
  return out;
}

Node object_node(const Object& object) {
  MUSTER_ASSERT(object.kind != nullptr);
  Node fields = to_node(*object.kind->type(), fields_of(object));
  Node node = Node::map();
  node.members.reserve(fields.members.size() + 2);
  node.members.emplace_back("apiVersion", Node::of(object.kind->api_version()));
  node.members.emplace_back("kind", Node::of(std::string(object.kind->kind)));
  for (auto& member : fields.members) node.members.push_back(std::move(member));
  return node;
}

Result<std::shared_ptr<Object>> decode_object(const Node& node, const Kind* expected, const DecodeOptions& options,
                                              std::vector<Warning>* warnings) {
  TRY(const Kind* kind, named_kind(node, expected, options));
  std::shared_ptr<Object> object = kind->make();
  Status status = decode(node, *kind->type(), kind->fields(*object), options, warnings);
  if (status.ok()) return object;
  Error error = std::move(status).error();
  const Node* metadata = node.find("metadata");
  const std::string_view name = metadata == nullptr ? std::string_view() : metadata->text_of("name");
  if (!name.empty() && error.message.starts_with(kind->kind)) {
    error.message.insert(kind->kind.size(), str(" \"", name.substr(0, 255), '"'));
  }
  return error;
}

Status validate_object(const Object& object) {
  MUSTER_ASSERT(object.kind != nullptr);
  std::vector<Cause> causes;
  check_metadata(*object.kind, object.metadata, Findings(causes, "metadata"));
  const std::size_t described = causes.size();
  validate(*object.kind->type(), fields_of(object), "", causes);
  for (std::size_t i = described; i < causes.size(); ++i) causes[i].message = worded(causes[i]);
  object.kind->check(object, causes);
  if (causes.empty()) return {};
  return invalid(object, std::move(causes));
}

std::vector<Warning> name_warnings(const Object& object) {
  const std::string& name = object.metadata.name;
  if (object.kind->name_rule != NameRule::ecs || name.empty() || is_dns_label(name)) return {};
  if (name.size() > 63) {
    return {{"metadata.name", str("the name is longer than 63 characters: kubectl works with it, but it cannot be the "
                                  "value of a label selector, and Flux and Argo CD may refuse it")}};
  }
  return {
      {"metadata.name",
       str("the name \"", name,
           "\" is no DNS-1123 label (lower-case letters, digits and '-'): kubectl and muster work with it, but Flux's "
           "inventory, Argo CD, Kustomize's name references and DNS names made from it will fail")}};
}

OwnerReference owner_reference(const Object& owner) {
  return OwnerReference{
      owner.kind->api_version(), std::string(owner.kind->kind), owner.metadata.name, owner.metadata.uid, true, true};
}

std::string display_name(const Object& object) {
  return str(object.kind->singular, '/', object.metadata.name);
}

}  // namespace muster
