#include "runtime/server/body.h"

#include "api/base/text.h"
#include "api/protobuf/decode.h"
#include "api/schema/json.h"
#include "api/schema/yaml.h"

namespace muster::server {
namespace {

constexpr std::string_view unknown_field = "unknown field";
constexpr std::string_view duplicate_field = "duplicate field";

// Paths of fields that a map has twice; null: such a text is refused.
using Repeated = std::vector<std::string>*;

Result<Node> read_json(std::string_view body, Repeated repeated) {
  return repeated == nullptr ? parse_json(body) : parse_json(body, *repeated);
}

Result<Node> read_yaml(std::string_view body, Repeated repeated) {
  TRY(std::vector<Node> documents, repeated == nullptr ? parse_yaml(body) : parse_yaml(body, *repeated));
  if (documents.size() != 1) {
    return Error{
        Code::malformed, str("the body holds ", documents.size(), " YAML documents; exactly one is expected"), {}};
  }
  return std::move(documents.front());
}

Error decoding_error(const Call& call, Error error) {
  // The description knows the name of a kind; Kubernetes says its group with it.
  const std::string kind = str(call.kind->kind, " \"");
  if (error.code == Code::invalid && !call.kind->group.empty() && error.message.starts_with(kind))
    error.message.insert(call.kind->kind.size(), str(".", call.kind->group));
  if (error.code != Code::malformed) return error;
  std::string text = str(call.kind->kind, " in version \"", call.kind->version, "\" cannot be handled as a ",
                         call.kind->kind, ": strict decoding error: ");
  if (error.causes.empty()) {
    text += error.message;
  } else {
    bool first = true;
    for (const Cause& cause : error.causes) {
      if (!first) text += ", ";
      first = false;
      text += finding_text(cause.field, cause.message);
    }
  }
  error.message = std::move(text);
  return error;
}

// Kubernetes: an empty list of managers, or one empty entry, forgets them all. A list that is absent changes nothing.
void mark_reset(Node& document) {
  Node* metadata = document.find("metadata");
  Node* managers = metadata != nullptr ? metadata->find("managedFields") : nullptr;
  if (managers != nullptr && managers->is_list() && managers->items.empty()) managers->items.push_back(Node::map());
}

// Clients of Kubernetes' own kinds may leave out what the path says; an object of any other kind must name its own.
void name_kind(const Kind& kind, Node& document) {
  if (!document.is_map() || !is_built_in(kind)) return;
  for (const auto& [field, value] :
       {std::pair("apiVersion", std::string(kind.api_version())), {"kind", std::string(kind.kind)}}) {
    Node& given = document.at(field);
    if (given.is_null() || (given.is_string() && given.text.empty())) given = Node::of(value);
  }
}

Result<Node> read(std::string_view resource, const http::Request& request, Repeated repeated) {
  const std::string type = media_type(request);
  if (type == "application/yaml" || type == "text/yaml") return read_yaml(request.body, repeated);
  if (type.empty() || type == "application/json") return read_json(request.body, repeated);
  if (type == protobuf::media_type) return protobuf::decode(request.body);
  return unsupported_media(resource, type, "application/json, application/yaml, application/vnd.kubernetes.protobuf");
}

template <class Read>
Result<Node> with_warnings(const Call& call, std::vector<Warning>& warnings, const Read& read_with) {
  std::vector<std::string> repeated;
  TRY(Node document, read_with(&repeated));
  if (call.unknown != Unknown::ignore) {
    for (std::string& path : repeated) warnings.push_back(Warning{std::move(path), std::string(duplicate_field)});
  }
  return document;
}

}  // namespace

bool is_built_in(const Kind& kind) {
  return kind.group != "muster.dev";
}

std::string media_type(const http::Request& request) {
  const std::string_view value = http::header(request.headers, "Content-Type");
  return to_lower(trim(value.substr(0, value.find(';'))));
}

Error unsupported_media(std::string_view resource, std::string_view given, std::string_view accepted) {
  return Error{Code::unsupported,
               str("the body of the request was in an unknown format: ", given.empty() ? "none" : given,
                   " is not supported by ", resource, " - accepted media types include: ", accepted),
               {}};
}

Result<Node> read_document(std::string_view resource, const http::Request& request) {
  return read(resource, request, nullptr);
}

Result<Node> read_document(const Call& call, const http::Request& request, std::vector<Warning>& warnings) {
  return with_warnings(call, warnings,
                       [&](Repeated repeated) { return read(call.kind->resource(), request, repeated); });
}

Result<Node> read_patch(const Call& call, std::string_view body, std::vector<Warning>& warnings) {
  return with_warnings(call, warnings, [&](Repeated repeated) { return read_json(body, repeated); });
}

Result<Node> read_configuration(const Call& call, const http::Request& request, std::vector<Warning>& warnings) {
  // JSON is what clients send, and ours is read faster and more strictly as such.
  const std::string_view body = trim(request.body);
  return with_warnings(call, warnings, [&](Repeated repeated) {
    return body.starts_with('{') ? read_json(body, repeated) : read_yaml(body, repeated);
  });
}

Status check_repeated(const Call& call, const std::vector<Warning>& warnings) {
  if (call.unknown != Unknown::error || warnings.empty()) return {};
  Error error{Code::malformed, {}, {}};
  for (const Warning& each : warnings) error.causes.push_back(Cause{each.field, each.message, {}});
  return decoding_error(call, std::move(error));
}

Result<Decoded> decode_body(const Call& call, Node document, std::vector<Warning> warnings) {
  name_kind(*call.kind, document);
  mark_reset(document);
  Decoded decoded;
  auto object = decode_object(document, call.kind, DecodeOptions{call.unknown, {}}, &decoded.warnings);
  if (call.unknown == Unknown::error && !warnings.empty()) {
    // With what else is wrong: whoever mends it wants to see all of it.
    Error error{Code::malformed, {}, {}};
    if (!object.ok()) error = std::move(object).error();
    if (error.code == Code::malformed) {
      for (Warning& each : warnings) error.causes.push_back(Cause{std::move(each.field), std::move(each.message), {}});
    }
    return decoding_error(call, std::move(error));
  }
  decoded.warnings.insert(decoded.warnings.begin(), std::make_move_iterator(warnings.begin()),
                          std::make_move_iterator(warnings.end()));
  if (!object.ok()) return decoding_error(call, std::move(object).error());
  decoded.object = std::move(object).value();
  TRY_VOID(adopt_address(call, decoded.object->metadata));
  return decoded;
}

std::string finding_text(std::string_view field, std::string_view message) {
  if (field.empty()) return std::string(message);
  for (const std::string_view words : {unknown_field, duplicate_field}) {
    if (message.starts_with(words)) return str(words, " \"", field, "\"", message.substr(words.size()));
  }
  return str(field, ": ", message);
}

Status adopt_address(const Call& call, Meta& metadata) {
  if (call.kind->scope == muster::Scope::cluster) {
    metadata.ns.clear();
  } else if (metadata.ns.empty()) {
    metadata.ns = call.ns;
  } else if (metadata.ns != call.ns) {
    return Error{
        Code::malformed, "the namespace of the provided object does not match the namespace sent on the request", {}};
  }
  if (call.name.empty() || metadata.name == call.name) return {};
  return Error{Code::malformed,
               str("the name of the object (", metadata.name, ") does not match the name on the URL (", call.name, ")"),
               {}};
}

}  // namespace muster::server
