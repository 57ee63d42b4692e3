#include "runtime/server/resources.h"

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/schema/yaml.h"
#include "api/types/service.h"
#include "runtime/server/status.h"
#include "runtime/server/table.h"

namespace muster::server {
namespace {

using ExchangePtr = std::shared_ptr<http::Exchange>;

Subject subject_of(const Call& call) {
  return Subject{call.kind, call.name};
}

void fail(const Call& call, const ExchangePtr& exchange, const Error& error) {
  exchange->respond(error_response(error, subject_of(call)));
}

Error not_found(const Call& call) {
  return Error{Code::not_found, str(call.kind->resource(), " \"", call.name, "\" not found"), {}};
}

http::Response unsupported_media(const Call& call, std::string_view given, std::string_view accepted) {
  http::Response response = error_response(Error{Code::not_allowed,
                                                 str("the body of the request was in an unknown format (", given,
                                                     ") - accepted media types include: ", accepted),
                                                 {}},
                                           subject_of(call));
  response.status = 415;
  response.body = status_json(
      Error{
          Code::not_allowed, str(given, " is not supported by ", call.kind->resource(), "; accepted: ", accepted), {}},
      subject_of(call));
  const std::size_t reason = response.body.find("\"MethodNotAllowed\"");
  if (reason != std::string::npos) response.body.replace(reason, 18, "\"UnsupportedMediaType\"");
  const std::size_t code = response.body.find("\"code\":405");
  if (code != std::string::npos) response.body.replace(code, 10, "\"code\":415");
  return response;
}

std::string media_type(const http::Request& request) {
  const std::string_view value = http::header(request.headers, "Content-Type");
  return to_lower(trim(value.substr(0, value.find(';'))));
}

Result<Node> parse_body(const http::Request& request, const std::string& type) {
  if (type == "application/yaml" || type == "text/yaml") {
    TRY(std::vector<Node> documents, parse_yaml(request.body));
    if (documents.size() != 1)
      return Error{
          Code::malformed, str("the body holds ", documents.size(), " YAML documents; exactly one is expected"), {}};
    return std::move(documents.front());
  }
  return parse_json(request.body);
}

// What the URL says about an object must be what the object says.
Status adopt_address(const Call& call, Object& object) {
  if (call.kind->scope == muster::Scope::cluster) {
    object.metadata.ns.clear();
  } else if (object.metadata.ns.empty()) {
    object.metadata.ns = call.ns;
  } else if (object.metadata.ns != call.ns) {
    return Error{
        Code::malformed, "the namespace of the provided object does not match the namespace sent on the request", {}};
  }
  if (!call.name.empty() && object.metadata.name != call.name) {
    return Error{
        Code::malformed,
        str("the name of the object (", object.metadata.name, ") does not match the name on the URL (", call.name, ")"),
        {}};
  }
  return {};
}

Error decoding_error(const Call& call, Error error) {
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
      text += cause.field.empty() ? cause.message : str(cause.field, ": ", cause.message);
    }
  }
  error.message = std::move(text);
  return error;
}

void add_warnings(http::Response& response, const std::vector<Warning>& warnings) {
  for (const Warning& warning : warnings) {
    std::string text = warning.field.empty() ? warning.message : str(warning.field, ": ", warning.message);
    std::string quoted;
    for (const char c : text.substr(0, 512)) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    response.headers.emplace_back("Warning", str("299 - \"", quoted, "\""));
  }
}

std::string object_body(const Call& call, const Object& object, Time now) {
  switch (call.form) {
    case Call::Form::object: return encode_object(object);
    case Call::Form::metadata: return metadata_json(object);
    case Call::Form::table: {
      const ObjectPtr pointer(ObjectPtr(), &object);  // does not own: the table is made at once
      return table_json(*object.kind, {pointer},
                        str("{\"resourceVersion\":\"", object.metadata.resource_version, "\"}"),
                        row_object(call.include_object), now);
    }
  }
  return {};
}

}  // namespace

void Resources::handle(const Call& call, const ExchangePtr& exchange) {
  if (!call.subresource.empty() && call.subresource != "status" && call.subresource != "scale") {
    fail(call, exchange, Error{Code::not_found, "the server could not find the requested resource", {}});
    return;
  }
  if ((call.subresource == "status" && !call.kind->has_status) ||
      (call.subresource == "scale" && !call.kind->has_scale)) {
    fail(call, exchange, Error{Code::not_found, "the server could not find the requested resource", {}});
    return;
  }
  if (call.subresource == "scale") return scale(call, exchange);
  const bool collection = call.name.empty();
  if (call.method == "GET") return collection ? list(call, exchange) : get(call, exchange);
  if (call.method == "POST" && collection && !(call.kind->scope == muster::Scope::namespaced && call.ns.empty()))
    return create(call, exchange);
  if (!collection && call.method == "PUT") return update(call, exchange);
  if (!collection && call.method == "PATCH") return patch(call, exchange, 5);
  if (!collection && call.method == "DELETE" && call.subresource.empty()) return remove(call, exchange);
  fail(call, exchange,
       Error{Code::not_allowed, str(call.method, " is not served for ", exchange->request().target), {}});
}

void Resources::get(const Call& call, const ExchangePtr& exchange) {
  const ObjectPtr object = objects_.state().find(*call.kind, call.ns, call.name);
  if (object == nullptr) return fail(call, exchange, not_found(call));
  exchange->respond(json_response(200, object_body(call, *object, loop_.now()) + "\n"));
}

void Resources::list(const Call& call, const ExchangePtr& exchange) {
  State state = objects_.state();
  std::optional<PageToken> after;
  if (!call.continue_token.empty()) {
    auto token = read_page_token(call.continue_token);
    if (!token.ok()) return fail(call, exchange, token.error());
    after = std::move(token).value();
    auto kept = pages_.find(after->revision);
    if (!kept.ok()) return fail(call, exchange, kept.error());
    state = std::move(kept).value();
  } else if (call.revision && *call.revision > state.revision()) {
    Error error{
        Code::timeout, str("Too large resource version: ", *call.revision, ", current: ", state.revision()), {}};
    error.causes.push_back(Cause{"", "Too large resource version", "ResourceVersionTooLarge"});
    return fail(call, exchange, error);
  } else if (!call.revision_match.empty() && !call.revision) {
    return fail(
        call, exchange,
        Error{Code::invalid,
              "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
              {}});
  } else if (call.revision_match == "Exact" && *call.revision != state.revision()) {
    auto kept = pages_.find(*call.revision);
    if (!kept.ok())
      return fail(call, exchange,
                  Error{Code::gone, str("The resourceVersion for the provided list is too old: ", *call.revision), {}});
    state = std::move(kept).value();
  }

  std::vector<ObjectPtr> objects;
  bool more = false;
  select(state, call, after ? &*after : nullptr, [&](const ObjectPtr& object) {
    if (call.limit > 0 && objects.size() == call.limit) {
      more = true;
      return false;
    }
    objects.push_back(object);
    return true;
  });

  std::string metadata = str("{\"resourceVersion\":\"", state.revision(), "\"");
  if (more) {
    pages_.keep(state);
    metadata += ",\"continue\":";
    append_json_string(
        metadata, write_page_token({state.revision(), objects.back()->metadata.ns, objects.back()->metadata.name}));
  }
  metadata += '}';
  if (call.form == Call::Form::table) {
    exchange->respond(json_response(
        200, table_json(*call.kind, objects, metadata, row_object(call.include_object), loop_.now()) + "\n"));
    return;
  }
  const bool whole = call.form == Call::Form::object;
  std::string body =
      whole ? str("{\"kind\":\"", call.kind->kind, "List\",\"apiVersion\":\"", call.kind->api_version(), "\"")
            : std::string(R"({"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1")");
  body += str(",\"metadata\":", metadata, ",\"items\":[");
  for (const ObjectPtr& object : objects) {
    if (body.back() != '[') body += ',';
    if (whole) {
      encode_object(*object, body);
    } else {
      body += metadata_json(*object);
    }
  }
  body += "]}\n";
  exchange->respond(json_response(200, std::move(body)));
}

void Resources::commit(const Call& call, Write write, std::vector<Warning> warnings, const ExchangePtr& exchange,
                       std::function<bool(const Error&)> again) {
  store::Batch batch;
  batch.mode = call.dry_run ? store::Batch::Mode::dry_run : store::Batch::Mode::store;
  batch.writer = "user";
  const bool removal = write.verb == Verb::remove;
  const int success = write.verb == Verb::create ? 201 : 200;
  batch.writes.push_back(std::move(write));
  objects_.commit(std::move(batch), [this, call, warnings = std::move(warnings), exchange, again = std::move(again),
                                     removal, success](Result<store::Committed> result) {
    auto shared = std::make_shared<Result<store::Committed>>(std::move(result));
    loop_.post([this, call, warnings, exchange, again, removal, success, shared] {
      if (!shared->ok()) {
        if (again == nullptr || !again(shared->error())) fail(call, exchange, shared->error());
        return;
      }
      const Admitted& admitted = (*shared)->results.front();
      http::Response response = removal && admitted.deleted
                                    ? removed_response(*admitted.object)
                                    : json_response(success, object_body(call, *admitted.object, loop_.now()) + "\n");
      add_warnings(response, warnings);
      add_warnings(response, admitted.warnings);
      add_warnings(response, name_warnings(*admitted.object));
      exchange->respond(std::move(response));
    });
  });
}

void Resources::create(const Call& call, const ExchangePtr& exchange) {
  const std::string type = media_type(exchange->request());
  if (!type.empty() && type != "application/json" && type != "application/yaml" && type != "text/yaml") {
    return exchange->respond(unsupported_media(call, type, "application/json, application/yaml"));
  }
  auto node = parse_body(exchange->request(), type);
  if (!node.ok()) return fail(call, exchange, node.error());
  std::vector<Warning> warnings;
  auto object = decode_object(*node, call.kind, DecodeOptions{call.unknown, {}}, &warnings);
  if (!object.ok()) return fail(call, exchange, decoding_error(call, std::move(object).error()));
  if (const Status status = adopt_address(call, **object); !status.ok()) return fail(call, exchange, status.error());
  commit(call, muster::create(std::move(object).value()), std::move(warnings), exchange, nullptr);
}

void Resources::update(const Call& call, const ExchangePtr& exchange) {
  const std::string type = media_type(exchange->request());
  if (!type.empty() && type != "application/json" && type != "application/yaml" && type != "text/yaml") {
    return exchange->respond(unsupported_media(call, type, "application/json, application/yaml"));
  }
  auto node = parse_body(exchange->request(), type);
  if (!node.ok()) return fail(call, exchange, node.error());
  std::vector<Warning> warnings;
  auto object = decode_object(*node, call.kind, DecodeOptions{call.unknown, {}}, &warnings);
  if (!object.ok()) return fail(call, exchange, decoding_error(call, std::move(object).error()));
  if (const Status status = adopt_address(call, **object); !status.ok()) return fail(call, exchange, status.error());
  if ((*object)->metadata.resource_version == 0) {
    return fail(call, exchange,
                Error{Code::invalid,
                      "metadata.resourceVersion: Invalid value: 0: must be specified for an update",
                      {Cause{"metadata.resourceVersion", "must be specified for an update", "FieldValueInvalid"}}});
  }
  Write write = call.subresource == "status" ? update_status(std::move(object).value())
                                             : muster::update(std::move(object).value());
  commit(call, std::move(write), std::move(warnings), exchange, nullptr);
}

void Resources::patch(const Call& call, const ExchangePtr& exchange, int attempts) {
  const std::string type = media_type(exchange->request());
  if (type != "application/merge-patch+json")
    return exchange->respond(unsupported_media(call, type, "application/merge-patch+json"));
  const ObjectPtr stored = objects_.state().find(*call.kind, call.ns, call.name);
  if (stored == nullptr) return fail(call, exchange, not_found(call));
  auto changes = parse_json(exchange->request().body);
  if (!changes.ok()) return fail(call, exchange, changes.error());
  if (!changes->is_map())
    return fail(call, exchange, Error{Code::malformed, "a merge patch must be a JSON object", {}});
  Node node = object_node(*stored);
  merge_patch(node, *changes);
  std::vector<Warning> warnings;
  auto object = decode_object(node, call.kind, DecodeOptions{call.unknown, {}}, &warnings);
  if (!object.ok()) {
    Error error = decoding_error(call, std::move(object).error());
    error.code = Code::invalid;
    return fail(call, exchange, error);
  }
  if (const Status status = adopt_address(call, **object); !status.ok()) return fail(call, exchange, status.error());
  const Node* metadata = changes->find("metadata");
  const bool pinned = metadata != nullptr && metadata->find("resourceVersion") != nullptr;
  Write write = call.subresource == "status" ? update_status(std::move(object).value())
                                             : muster::update(std::move(object).value());
  commit(call, std::move(write), std::move(warnings), exchange,
         [this, call, exchange, attempts, pinned](const Error& error) {
           if (error.code != Code::conflict || pinned || attempts <= 1) return false;
           patch(call, exchange, attempts - 1);
           return true;
         });
}

void Resources::remove(const Call& call, const ExchangePtr& exchange) {
  Write write;
  write.verb = Verb::remove;
  write.key = Key{call.kind, call.ns, call.name};
  Call effective = call;
  std::string policy(call.target.param("propagationPolicy"));
  if (!exchange->request().body.empty()) {
    auto options = parse_json(exchange->request().body);
    if (!options.ok()) return fail(call, exchange, options.error());
    if (!options->text_of("propagationPolicy").empty()) policy = options->text_of("propagationPolicy");
    if (const Node* conditions = options->find("preconditions")) {
      write.expected_uid = conditions->text_of("uid");
      if (const auto revision = parse_int(conditions->text_of("resourceVersion"))) write.expected_revision = *revision;
    }
    if (const Node* dry_run = options->find("dryRun"); dry_run != nullptr && !dry_run->items.empty())
      effective.dry_run = true;
  }
  if (policy == "Foreground") write.propagation = Propagation::foreground;
  if (policy == "Orphan") write.propagation = Propagation::orphan;
  if (!policy.empty() && policy != "Foreground" && policy != "Orphan" && policy != "Background") {
    return fail(call, exchange,
                Error{Code::invalid,
                      str("propagationPolicy: Unsupported value: \"", policy,
                          "\": supported values: \"Background\", \"Foreground\", \"Orphan\""),
                      {}});
  }
  commit(effective, std::move(write), {}, exchange, nullptr);
}

}  // namespace muster::server
