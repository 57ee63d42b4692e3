// The scale subresource (autoscaling/v1 Scale) of services.
#include <algorithm>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/schema/json_patch.h"
#include "api/types/service.h"
#include "runtime/server/body.h"
#include "runtime/server/flow.h"
#include "runtime/server/resources.h"
#include "runtime/server/status.h"

namespace muster::server {
namespace {

constexpr int scale_attempts = 50;  // while controllers write in between
constexpr std::string_view scale_kind = "Scale", scale_version = "autoscaling/v1";
constexpr std::string_view apply_type = "application/apply-patch+yaml";

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

// What it says of itself must be what the path says.
Status check_scale(const Call& call, const Service& service, const Node& scale) {
  if (!scale.is_map()) return Error{Code::malformed, "a scale must be an object", {}};
  const std::string_view kind = scale.text_of("kind"), version = scale.text_of("apiVersion");
  if ((!kind.empty() && kind != scale_kind) || (!version.empty() && version != scale_version)) {
    return Error{Code::malformed,
                 str("the object is a ", kind, " (", version, "), but a ", scale_kind, " (", scale_version,
                     ") is expected here"),
                 {}};
  }
  const Node* metadata = scale.find("metadata");
  if (metadata == nullptr || metadata->is_null()) return {};
  if (!metadata->is_map()) return Error{Code::malformed, "metadata: must be a map", {}};
  Meta address;
  address.name = metadata->text_of("name");
  address.ns = metadata->text_of("namespace");
  if (address.name.empty()) address.name = call.name;
  TRY_VOID(adopt_address(call, address));
  const std::string_view uid = metadata->text_of("uid");
  if (!uid.empty() && uid != service.metadata.uid) {
    return Error{Code::conflict,
                 str("Precondition failed: UID in precondition: ", uid, ", UID in object meta: ", service.metadata.uid),
                 {}};
  }
  return {};
}

// What a scale has; its metadata is checked by nobody, as its values are not taken over.
std::vector<std::string> unknown_fields(const Node& scale) {
  std::vector<std::string> out;
  const auto look = [&](const Node* node, std::string_view path, std::initializer_list<std::string_view> known) {
    if (node == nullptr || !node->is_map()) return;
    for (const auto& [name, value] : node->members) {
      if (std::ranges::find(known, name) == known.end()) out.push_back(str(path, name));
    }
  };
  look(&scale, "", {"kind", "apiVersion", "metadata", "spec", "status"});
  look(scale.find("spec"), "spec.", {"replicas"});
  look(scale.find("status"), "status.", {"replicas", "selector"});
  return out;
}

// The scale as the request wants it. That of a patch has the stored revision unless the patch says another.
Result<Node> wanted_scale(const Call& call, const Service& service, const http::Request& request) {
  if (call.method == "PUT") return read_document(call.kind->resource(), request);
  const std::string type = media_type(request);
  const bool merge = type.empty() || type == "application/merge-patch+json";
  if (!merge && type != "application/json-patch+json") {
    return unsupported_media(call.kind->resource(), type,
                             "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml");
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

// The service's own configuration of it: who applies a scale owns the field that it stands for.
Write applied_count(const Call& call, std::int32_t replicas, std::int64_t revision) {
  Node document = Node::map();
  document.at("apiVersion") = Node::of(std::string(call.kind->api_version()));
  document.at("kind") = Node::of(std::string(call.kind->kind));
  Node& metadata = document.at("metadata") = Node::map();
  metadata.at("name") = Node::of(call.name);
  metadata.at("namespace") = Node::of(call.ns);
  if (revision != 0) metadata.at("resourceVersion") = Node::of(std::to_string(revision));
  Node& spec = document.at("spec") = Node::map();
  spec.at("desiredCount") = Node::of(std::int64_t{replicas});
  return apply_configuration(Key{call.kind, call.ns, call.name}, std::make_shared<const Node>(std::move(document)),
                             call.manager,
                             call.force.value_or(false) ? apply::Conflicts::force : apply::Conflicts::refuse);
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
  const bool room = turns_->enter(Key{call.kind, call.ns, call.name},
                                  [this, call, exchange, alive = std::weak_ptr<bool>(alive_)](const Turns::Turn& turn) {
                                    if (alive.lock() != nullptr) set_scale(call, exchange, turn, scale_attempts);
                                  });
  if (!room) exchange->respond(too_many_requests());
}

void Resources::set_scale(const Call& call, const std::shared_ptr<http::Exchange>& exchange, const Turns::Turn& turn,
                          int attempts) {
  const auto fail = [exchange, subject_kind = call.kind, name = call.name](const Error& error) {
    exchange->respond(error_response(error, Subject{subject_kind, name}));
  };
  const auto service = objects_.state().get<Service>(call.ns, call.name);
  if (service == nullptr) {
    return fail(Error{Code::not_found, str(call.kind->resource(), " \"", call.name, "\" not found"), {}});
  }
  std::vector<Warning> warnings;
  const bool applied = call.method == "PATCH" && media_type(exchange->request()) == apply_type;
  const auto scale = applied ? read_configuration(call, exchange->request(), warnings)
                             : wanted_scale(call, *service, exchange->request());
  if (!scale.ok()) return fail(scale.error());
  if (const Status status = check_scale(call, *service, *scale); !status.ok()) return fail(status.error());
  if (const auto unknown = unknown_fields(*scale); !unknown.empty() && call.unknown == Unknown::error) {
    return fail(
        Error{call.method == "PUT" ? Code::malformed : Code::invalid,
              str("Scale in version \"v1\" cannot be handled as a Scale: strict decoding error: unknown field \"",
                  unknown.front(), '"'),
              {}});
  }
  const auto replicas = replicas_of(*scale);
  if (!replicas.ok()) return fail(replicas.error());
  if (applied && !call.manager_given) {
    return fail(Error{Code::invalid,
                      "fieldManager: Required value: is required for apply patch",
                      {Cause{"fieldManager", "is required for apply patch", "FieldValueRequired"}}});
  }
  auto changed = std::make_shared<Service>(*service);
  changed->spec.desired_count = *replicas;
  const std::int64_t revision = revision_of(*scale);
  if (revision != 0) changed->metadata.resource_version = revision;
  // A patch that names no revision is for whatever is stored: it is tried again when another write came first.
  const bool pinned = revision != 0 && (call.method == "PUT" || revision != service->metadata.resource_version);
  store::Batch batch;
  batch.mode = call.dry_run ? store::Batch::Mode::dry_run : store::Batch::Mode::store;
  batch.writer = "user";
  Write write = applied ? applied_count(call, *replicas, revision) : update_own(std::move(changed));
  write.manager = call.manager;
  write.subresource = call.subresource;
  batch.writes.push_back(std::move(write));
  objects_.commit(
      std::move(batch), [this, call, exchange, turn, fail, attempts, pinned](Result<store::Committed> result) {
        auto shared = std::make_shared<Result<store::Committed>>(std::move(result));
        loop_.post([this, call, exchange, turn, fail, attempts, pinned, shared] {
          if (shared->ok()) {
            return exchange->respond(
                json_response(200, scale_json(static_cast<const Service&>(*(*shared)->results.front().object))));
          }
          if (shared->error().code != Code::conflict || pinned || attempts <= 1) return fail(shared->error());
          set_scale(call, exchange, turn, attempts - 1);
        });
      });
}

}  // namespace muster::server
