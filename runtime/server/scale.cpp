// The scale subresource (autoscaling/v1 Scale) of services.
#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/types/service.h"
#include "runtime/server/resources.h"
#include "runtime/server/status.h"

namespace muster::server {
namespace {

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

}  // namespace

void Resources::scale(const Call& call, const std::shared_ptr<http::Exchange>& exchange) {
  const Subject subject{call.kind, call.name};
  const auto service = objects_.state().get<Service>(call.ns, call.name);
  if (service == nullptr) {
    exchange->respond(error_response(
        Error{Code::not_found, str(call.kind->resource(), " \"", call.name, "\" not found"), {}}, subject));
    return;
  }
  if (call.method == "GET") return exchange->respond(json_response(200, scale_json(*service)));
  if (call.method != "PUT" && call.method != "PATCH") {
    return exchange->respond(
        error_response(Error{Code::not_allowed, str(call.method, " is not served for a scale"), {}}, subject));
  }
  const auto body = parse_json(exchange->request().body);
  if (!body.ok()) return exchange->respond(error_response(body.error(), subject));
  const Node* spec = body->find("spec");
  const Node* replicas = spec == nullptr ? nullptr : spec->find("replicas");
  if (replicas == nullptr || replicas->kind != Node::Kind::integer || replicas->integer < 0 ||
      replicas->integer > 100'000) {
    return exchange->respond(
        error_response(Error{Code::invalid, "spec.replicas: must be a number from 0 to 100000", {}}, subject));
  }
  auto changed = std::make_shared<Service>(*service);
  changed->spec.desired_count = static_cast<std::int32_t>(replicas->integer);
  if (const Node* metadata = body->find("metadata")) {
    if (const auto revision = parse_int(metadata->text_of("resourceVersion")))
      changed->metadata.resource_version = *revision;
  }
  store::Batch batch;
  batch.mode = call.dry_run ? store::Batch::Mode::dry_run : store::Batch::Mode::store;
  batch.writer = "user";
  batch.writes.push_back(muster::update(std::move(changed)));
  objects_.commit(
      std::move(batch), [this, exchange, subject_kind = call.kind, name = call.name](Result<store::Committed> result) {
        auto shared = std::make_shared<Result<store::Committed>>(std::move(result));
        loop_.post([exchange, subject_kind, name, shared] {
          if (!shared->ok()) return exchange->respond(error_response(shared->error(), Subject{subject_kind, name}));
          exchange->respond(
              json_response(200, scale_json(static_cast<const Service&>(*(*shared)->results.front().object))));
        });
      });
}

}  // namespace muster::server
