// The scale subresource (autoscaling/v1 Scale) of services.
#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/schema/json_patch.h"
#include "api/types/service.h"
#include "runtime/server/body.h"
#include "runtime/server/resources.h"
#include "runtime/server/status.h"

namespace muster::server {
namespace {

constexpr int scale_attempts = 5;

std::string quote(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string scale_json(const Service& service) {
  const Meta& meta = service.metadata;
  return str(R"({"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":)", quote(meta.name),
             ",\"namespace\":", quote(meta.ns), ",\"uid\":", quote(meta.uid), ",\"resourceVersion\":\"",
             meta.resource_version, "\",\"creationTimestamp\":", quote(format_time(meta.creation_timestamp)),
             "},\"spec\":{\"replicas\":", service.spec.desired_count,
             "},\"status\":{\"replicas\":", service.status.running_count,
             ",\"selector\":", quote(service.status.selector), "}}\n");
}

// A number of tasks, as a scale has it.
Result<std::int32_t> replicas_of(const Node& scale) {
  const Node* spec = scale.find("spec");
  const Node* replicas = spec == nullptr ? nullptr : spec->find("replicas");
  if (replicas == nullptr || replicas->kind != Node::Kind::integer || replicas->integer < 0 ||
      replicas->integer > limits::tasks_per_service) {
    const std::string text = str("must be a number from 0 to ", limits::tasks_per_service);
    return Error{Code::invalid,
                 str("spec.replicas: Invalid value: ", text),
                 {Cause{"spec.replicas", text, "FieldValueInvalid"}}};
  }
  return static_cast<std::int32_t>(replicas->integer);
}

// The revision that a scale names; 0 for none.
std::int64_t revision_of(const Node& scale) {
  const Node* metadata = scale.find("metadata");
  return metadata == nullptr ? 0 : parse_int(metadata->text_of("resourceVersion")).value_or(0);
}

// The scale as the request wants it. That of a patch has the stored revision unless the patch says another.
Result<Node> wanted_scale(const Call& call, const Service& service, const http::Request& request) {
  if (call.method == "PUT") return read_document(call.kind->resource(), request);
  const std::string type = media_type(request);
  const bool merge = type.empty() || type == "application/merge-patch+json";
  if (!merge && type != "application/json-patch+json") {
    return unsupported_media(call.kind->resource(), type, "application/json-patch+json, application/merge-patch+json");
  }
  TRY(const Node patch, parse_json(request.body));
  TRY(Node scale, parse_json(scale_json(service)));
  if (!merge) {
    if (Status status = json_patch(scale, patch); !status.ok()) {
      Error error = std::move(status).error();
      if (error.code == Code::invalid) error.causes.push_back(Cause{"patch", error.message, "FieldValueInvalid"});
      return error;
    }
  } else if (patch.is_map()) {
    merge_patch(scale, patch);
  } else {
    return Error{Code::malformed, "a merge patch must be a JSON object", {}};
  }
  return scale;
}

}  // namespace

void Resources::scale(const Call& call, const std::shared_ptr<http::Exchange>& exchange) {
  const auto service = objects_.state().get<Service>(call.ns, call.name);
  const auto fail = [&](const Error& error) {
    exchange->respond(error_response(error, Subject{call.kind, call.name}));
  };
  if (service == nullptr) {
    return fail(Error{Code::not_found, str(call.kind->resource(), " \"", call.name, "\" not found"), {}});
  }
  if (call.method == "GET") return exchange->respond(json_response(200, scale_json(*service)));
  if (call.method != "PUT" && call.method != "PATCH") {
    return fail(Error{Code::not_allowed, str(call.method, " is not served for a scale"), {}});
  }
  set_scale(call, exchange, scale_attempts);
}

void Resources::set_scale(const Call& call, const std::shared_ptr<http::Exchange>& exchange, int attempts) {
  const auto fail = [exchange, subject_kind = call.kind, name = call.name](const Error& error) {
    exchange->respond(error_response(error, Subject{subject_kind, name}));
  };
  const auto service = objects_.state().get<Service>(call.ns, call.name);
  if (service == nullptr) {
    return fail(Error{Code::not_found, str(call.kind->resource(), " \"", call.name, "\" not found"), {}});
  }
  const auto scale = wanted_scale(call, *service, exchange->request());
  if (!scale.ok()) return fail(scale.error());
  const auto replicas = replicas_of(*scale);
  if (!replicas.ok()) return fail(replicas.error());
  auto changed = std::make_shared<Service>(*service);
  changed->spec.desired_count = *replicas;
  const std::int64_t revision = revision_of(*scale);
  if (revision != 0) changed->metadata.resource_version = revision;
  // A patch that names no revision is for whatever is stored: it is tried again when another write came first.
  const bool pinned = revision != 0 && (call.method == "PUT" || revision != service->metadata.resource_version);
  store::Batch batch;
  batch.mode = call.dry_run ? store::Batch::Mode::dry_run : store::Batch::Mode::store;
  batch.writer = "user";
  Write write = update_own(std::move(changed));
  write.manager = call.manager;
  write.subresource = call.subresource;
  batch.writes.push_back(std::move(write));
  objects_.commit(std::move(batch), [this, call, exchange, fail, attempts, pinned](Result<store::Committed> result) {
    auto shared = std::make_shared<Result<store::Committed>>(std::move(result));
    loop_.post([this, call, exchange, fail, attempts, pinned, shared] {
      if (shared->ok()) {
        return exchange->respond(
            json_response(200, scale_json(static_cast<const Service&>(*(*shared)->results.front().object))));
      }
      if (shared->error().code != Code::conflict || pinned || attempts <= 1) return fail(shared->error());
      set_scale(call, exchange, attempts - 1);
    });
  });
}

}  // namespace muster::server
