#include "runtime/server/writes.h"

#include "api/apply/strategic.h"
#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/projection/node.h"
#include "api/schema/json.h"
#include "api/schema/json_patch.h"
#include "runtime/server/body.h"
#include "runtime/server/delete_options.h"
#include "runtime/server/flow.h"
#include "runtime/server/representation.h"
#include "runtime/server/resources.h"
#include "runtime/server/status.h"
#include "runtime/server/views.h"

namespace muster::server {
namespace {

using ExchangePtr = std::shared_ptr<http::Exchange>;

constexpr std::string_view merge_patch_type = "application/merge-patch+json";
constexpr std::string_view json_patch_type = "application/json-patch+json";
constexpr std::string_view strategic_patch_type = "application/strategic-merge-patch+json";
constexpr std::string_view apply_patch_type = "application/apply-patch+yaml";
constexpr std::string_view patch_types =
    "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
constexpr std::string_view native_patch_types =
    "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, "
    "application/apply-patch+yaml";
constexpr std::string_view view_patch_types =
    "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json";
// As often a patch that says nothing about the revision is tried again when a controller writes in between; other
// patches wait for their turn.
constexpr int patch_attempts = 50;

// What the details of the error name: the object, or the namespace that it cannot be made in.
Subject subject_of(const Call& call, const Error& error) {
  const bool no_namespace = error.code == Code::not_found && !call.ns.empty() &&
                            error.message == str("namespaces \"", call.ns, "\" not found");
  return no_namespace ? Subject{&kind_of<Namespace>(), call.ns} : Subject{call.kind, call.name};
}

void fail(const Call& call, const ExchangePtr& exchange, const Error& error) {
  exchange->respond(error_response(about_view(call, error), subject_of(call, error)));
}

void add_warnings(http::Response& response, const std::vector<Warning>& warnings) {
  for (const Warning& warning : warnings) {
    const std::string text = finding_text(warning.field, warning.message);
    std::string quoted;
    for (const char c : text.substr(0, 512)) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    response.headers.emplace_back("Warning", str("299 - \"", quoted, "\""));
  }
}

bool mentions_revision(std::string_view type, const Node& patch) {
  if (type == json_patch_type) {
    for (const Node& operation : patch.items) {
      const std::string_view path = operation.text_of("path");
      if (path.empty() || path == "/metadata" || path == "/metadata/resourceVersion") return true;
    }
    return false;
  }
  const Node* metadata = patch.find("metadata");
  return metadata != nullptr && metadata->find("resourceVersion") != nullptr;
}

// Whether an update that names no revision replaces whatever is stored, as Kubernetes has it for each kind.
bool updates_unconditionally(const Kind& kind) {
  return is_built_in(kind) && !is_view(kind) && kind.kind != "Lease";
}

// What is to be stored when a view is to look like the object.
Result<std::shared_ptr<Object>> behind_view(const Call& call, const ObjectPtr& stored, const Object& given) {
  const auto instance = as<ContainerInstance>(stored);
  if (call.kind != &kind_of<view::Node>() || instance == nullptr) {
    return Error{Code::not_allowed, view_sentence(*call.kind), {}};
  }
  TRY(ContainerInstance next, projection::write_back(static_cast<const view::Node&>(given), *instance));
  next.metadata.resource_version = given.metadata.resource_version;
  if (!given.metadata.uid.empty()) next.metadata.uid = projection::source_uid(*call.kind, given.metadata.uid);
  return std::shared_ptr<Object>(std::make_shared<ContainerInstance>(std::move(next)));
}

struct Edited {
  Decoded result;
  bool pinned = false;  // the patch itself says which revision it is for
};

// The stored object with the request's patch applied.
Result<Edited> edited(const Call& call, const Object& stored, const http::Request& request) {
  const std::string type = media_type(request);
  std::vector<Warning> warnings;
  TRY(const Node patch, read_patch(call, request.body, warnings));
  Node document = object_node(stored);
  if (type == json_patch_type) {
    if (Status status = json_patch(document, patch); !status.ok()) {
      // kubectl shows of an invalid request nothing but its causes.
      Error error = std::move(status).error();
      if (error.code == Code::invalid) error.causes.push_back(Cause{"patch", error.message, "FieldValueInvalid"});
      return error;
    }
  } else {
    if (!patch.is_map()) return Error{Code::malformed, "a merge patch must be a JSON object", {}};
    if (type == strategic_patch_type) {
      TRY_VOID(apply::strategic_patch(document, patch, *call.kind->type()));
    } else {
      merge_patch(document, patch);
    }
  }
  auto result = decode_body(call, std::move(document), std::move(warnings));
  if (!result.ok()) {
    // The patch was understood; what came of it is wrong.
    Error error = std::move(result).error();
    if (error.code == Code::malformed) error.code = Code::invalid;
    return error;
  }
  // What the patch takes away is no leave to overwrite what somebody else writes in between.
  Meta& metadata = result->object->metadata;
  const bool locks = metadata.resource_version != 0 && mentions_revision(type, patch);
  if (metadata.resource_version == 0) metadata.resource_version = stored.metadata.resource_version;
  if (metadata.uid.empty()) metadata.uid = stored.metadata.uid;
  return Edited{std::move(result).value(), locks};
}

// The answer to the one write of a batch: the bytes that were stored, where that form was asked for.
std::string written_body(const Call& call, const State& state, const store::Committed& committed, Time now) {
  const bool stored = !is_view(*call.kind) && !committed.json.empty() && committed.json.front() != nullptr;
  if (stored && call.form == Call::Form::object) return *committed.json.front() + "\n";
  const ObjectPtr& object = committed.results.front().object;
  return represent(call, *shown(call, state, object), now);
}

Write update_of(const Call& call, std::shared_ptr<Object> object) {
  Write write = call.subresource == "status" ? update_status(std::move(object)) : update_own(std::move(object));
  write.manager = call.manager;
  write.subresource = call.subresource;
  return write;
}

}  // namespace

// What a request waits for with its write under way.
struct Writes::Asked {
  Call call;
  std::vector<Warning> warnings;
  ExchangePtr exchange;
  Retry retry;
  bool removal = false;
};

// The same configuration, for the object as it stood when it was judged.
Write Writes::pinned_to(Write write, const Object& stored) {
  Node document = *write.configuration;
  Node& metadata = document.at("metadata");
  metadata.at("uid") = Node::of(stored.metadata.uid);
  if (metadata.find("resourceVersion") == nullptr) {
    metadata.at("resourceVersion") = Node::of(std::to_string(stored.metadata.resource_version));
  }
  write.configuration = std::make_shared<const Node>(std::move(document));
  return write;
}

// What a write may be is decided by what it makes. An applied configuration has to be merged for that: it is admitted
// once without being stored, and then again.
void Writes::commit(const Call& call, Write write, std::vector<Warning> warnings, const ExchangePtr& exchange,
                    Retry retry) {
  const bool looks = call.user != nullptr && !call.user->in_group(access::masters_group) &&
                     write.verb != Verb::remove && Gate::guards(*call.kind);
  if (!looks) return commit_allowed(call, std::move(write), std::move(warnings), exchange, std::move(retry));
  if (write.object != nullptr) {
    const Meta& metadata = write.object->metadata;
    // A create is judged as one, whatever stands there: that may be gone when its turn comes.
    const bool makes = write.verb == Verb::create;
    const ObjectPtr stored = makes ? nullptr : objects_.state().find(*write.object->kind, metadata.ns, metadata.name);
    if (const Status status = gate_.check_write(*call.user, *write.object, stored.get()); !status.ok()) {
      return fail(call, exchange, status.error());
    }
    return commit_allowed(call, std::move(write), std::move(warnings), exchange, std::move(retry));
  }
  const ObjectPtr stored = objects_.state().find(write.key);
  if (stored != nullptr) write = pinned_to(std::move(write), *stored);
  store::Batch trial;
  trial.mode = store::Batch::Mode::dry_run;
  trial.writer = "user";
  trial.writes.push_back(write);
  objects_.commit(std::move(trial), [this, call, write = std::move(write), warnings = std::move(warnings), exchange,
                                     retry = std::move(retry), stored,
                                     alive = std::weak_ptr<bool>(alive_)](Result<store::Committed> result) {
    auto shared = std::make_shared<Result<store::Committed>>(std::move(result));
    loop_.post([this, call, write, warnings, exchange, retry, stored, alive, shared] {
      if (alive.lock() == nullptr) return;
      if (!shared->ok()) return fail(call, exchange, shared->error());
      const Admitted& admitted = (*shared)->results.front();
      if (const Status status = gate_.check_write(*call.user, *admitted.object, stored.get()); !status.ok()) {
        return fail(call, exchange, status.error());
      }
      commit_allowed(call, write, warnings, exchange, retry);
    });
  });
}

void Writes::commit_allowed(const Call& call, Write write, std::vector<Warning> warnings, const ExchangePtr& exchange,
                            Retry retry) {
  store::Batch batch;
  batch.mode = call.dry_run ? store::Batch::Mode::dry_run : store::Batch::Mode::store;
  batch.writer = "user";
  const bool removal = write.verb == Verb::remove;
  batch.writes.push_back(std::move(write));
  // Shared, for it goes from the loop to the store and back.
  const auto asked =
      std::make_shared<const Asked>(Asked{call, std::move(warnings), exchange, std::move(retry), removal});
  objects_.commit(std::move(batch), [this, asked,
                                     alive = std::weak_ptr<bool>(alive_)](Result<store::Committed> result) {
    auto shared = std::make_shared<Result<store::Committed>>(std::move(result));
    loop_.post([this, asked, alive, shared] {
      if (alive.lock() == nullptr) return;
      if (!shared->ok()) {
        if (asked->retry == nullptr || !asked->retry(shared->error())) {
          fail(asked->call, asked->exchange, shared->error());
        }
        return;
      }
      gate_.settle((*shared)->results);
      const Admitted& admitted = (*shared)->results.front();
      if (asked->call.audit != nullptr) asked->call.audit->name = admitted.object->metadata.name;
      http::Response response = asked->removal && admitted.deleted
                                    ? removed_response(*shown(asked->call, objects_.state(), admitted.object))
                                    : json_response(admitted.created ? 201 : 200,
                                                    written_body(asked->call, objects_.state(), **shared, loop_.now()));
      add_warnings(response, asked->warnings);
      add_warnings(response, admitted.warnings);
      add_warnings(response, name_warnings(*admitted.object));
      asked->exchange->respond(std::move(response));
    });
  });
}

void Writes::create(const Call& call, const ExchangePtr& exchange) {
  std::vector<Warning> warnings;
  auto document = read_document(call, exchange->request(), warnings);
  if (!document.ok()) return fail(call, exchange, document.error());
  auto decoded = decode_body(call, std::move(document).value(), std::move(warnings));
  if (!decoded.ok()) return fail(call, exchange, decoded.error());
  // From here on the request is about an object that has a name, though its path has none.
  Call named = call;
  named.name = decoded->object->metadata.name;
  Write write = create_own(std::move(decoded->object));
  write.manager = call.manager;
  commit(named, std::move(write), std::move(decoded->warnings), exchange, nullptr);
}

void Writes::update(const Call& call, const ExchangePtr& exchange) {
  std::vector<Warning> warnings;
  auto document = read_document(call, exchange->request(), warnings);
  if (!document.ok()) return fail(call, exchange, document.error());
  auto decoded = decode_body(call, std::move(document).value(), std::move(warnings));
  if (!decoded.ok()) return fail(call, exchange, decoded.error());
  if (decoded->object->metadata.resource_version == 0 && !updates_unconditionally(*call.kind)) {
    return fail(call, exchange,
                Error{Code::invalid,
                      "metadata.resourceVersion: Invalid value: 0: must be specified for an update",
                      {Cause{"metadata.resourceVersion", "must be specified for an update", "FieldValueInvalid"}}});
  }
  if (is_view(*call.kind)) {
    const ObjectPtr stored = objects_.state().find(stored_kind(call), call.ns, call.name);
    if (stored == nullptr) return fail(call, exchange, not_found(call));
    auto behind = behind_view(call, stored, *decoded->object);
    if (!behind.ok()) return fail(call, exchange, behind.error());
    decoded->object = std::move(behind).value();
  }
  commit(call, update_of(call, std::move(decoded->object)), std::move(decoded->warnings), exchange, nullptr);
}

void Writes::patch(const Call& call, const ExchangePtr& exchange) {
  const std::string type = media_type(exchange->request());
  const bool view = is_view(*call.kind);
  if (type == apply_patch_type && !view) return apply(call, exchange);
  const bool strategic = type == strategic_patch_type && !is_ours(*call.kind);
  if (type != merge_patch_type && type != json_patch_type && !strategic) {
    const std::string_view accepted = view ? view_patch_types : is_ours(*call.kind) ? patch_types : native_patch_types;
    return fail(call, exchange, unsupported_media(call.kind->resource(), type, accepted));
  }
  if (call.force) {
    return fail(call, exchange,
                Error{Code::invalid,
                      "force: Forbidden: may not be specified for non-apply patch",
                      {Cause{"force", "may not be specified for non-apply patch", "FieldValueForbidden"}}});
  }
  const bool room = turns_->enter(Key{&stored_kind(call), call.ns, call.name},
                                  [this, call, exchange, alive = std::weak_ptr<bool>(alive_)](const Turns::Turn& turn) {
                                    if (alive.lock() != nullptr) edit(call, exchange, turn, patch_attempts);
                                  });
  if (!room) exchange->respond(too_many_requests());
}

void Writes::edit(const Call& call, const ExchangePtr& exchange, const Turns::Turn& turn, int attempts) {
  const State state = objects_.state();
  const ObjectPtr stored = state.find(stored_kind(call), call.ns, call.name);
  if (stored == nullptr) return fail(call, exchange, not_found(call));
  auto changed = edited(call, *shown(call, state, stored), exchange->request());
  if (!changed.ok()) return fail(call, exchange, changed.error());
  if (is_view(*call.kind)) {
    auto behind = behind_view(call, stored, *changed->result.object);
    if (!behind.ok()) return fail(call, exchange, behind.error());
    changed->result.object = std::move(behind).value();
  }
  const bool pinned = changed->pinned;
  commit(call, update_of(call, std::move(changed->result.object)), std::move(changed->result.warnings), exchange,
         [this, call, exchange, turn, attempts, pinned](const Error& error) {
           if (error.code != Code::conflict || pinned || attempts <= 1) return false;
           edit(call, exchange, turn, attempts - 1);
           return true;
         });
}

void Writes::apply(const Call& call, const ExchangePtr& exchange) {
  if (!call.manager_given) {
    return fail(call, exchange,
                Error{Code::invalid,
                      "fieldManager: Required value: is required for apply patch",
                      {Cause{"fieldManager", "is required for apply patch", "FieldValueRequired"}}});
  }
  std::vector<Warning> warnings;
  auto configuration = read_configuration(call, exchange->request(), warnings);
  if (!configuration.ok()) return fail(call, exchange, configuration.error());
  if (const Status status = check_repeated(call, warnings); !status.ok()) return fail(call, exchange, status.error());
  if (!configuration->is_map()) {
    return fail(call, exchange, Error{Code::malformed, "an applied configuration must be an object", {}});
  }
  const std::string_view version = configuration->text_of("apiVersion");
  const std::string_view kind = configuration->text_of("kind");
  if (version != call.kind->api_version() || kind != call.kind->kind) {
    return fail(call, exchange,
                Error{Code::malformed,
                      str("the configuration is a ", kind, " (", version, "), but a ", call.kind->kind, " (",
                          call.kind->api_version(), ") is expected here"),
                      {}});
  }
  Meta address;
  if (const Node* metadata = configuration->find("metadata"); metadata != nullptr && !metadata->is_null()) {
    if (!metadata->is_map()) {
      return fail(call, exchange, Error{Code::malformed, "metadata: must be a map in an applied configuration", {}});
    }
    address.name = metadata->text_of("name");
    address.ns = metadata->text_of("namespace");
  }
  if (address.name.empty()) address.name = call.name;
  if (const Status status = adopt_address(call, address); !status.ok()) return fail(call, exchange, status.error());
  Node document = std::move(configuration).value();
  Node& metadata = document.at("metadata");
  if (!metadata.is_map()) metadata = Node::map();
  metadata.at("name") = Node::of(address.name);
  metadata.erase("namespace");
  if (!address.ns.empty()) metadata.at("namespace") = Node::of(address.ns);

  Write write = apply_configuration(Key{call.kind, address.ns, address.name},
                                    std::make_shared<const Node>(std::move(document)), call.manager,
                                    call.force.value_or(false) ? apply::Conflicts::force : apply::Conflicts::refuse);
  write.subresource = call.subresource;
  commit(call, std::move(write), std::move(warnings), exchange, nullptr);
}

void Writes::remove(const Call& call, const ExchangePtr& exchange) {
  const auto options = read_delete_options(call, exchange->request());
  if (!options.ok()) return fail(call, exchange, options.error());
  Write write;
  write.verb = Verb::remove;
  write.key = Key{&stored_kind(call), call.ns, call.name};
  write.propagation = options->propagation;
  write.expected_revision = options->expected_revision;
  write.expected_uid =
      is_view(*call.kind) ? projection::source_uid(*call.kind, options->expected_uid) : options->expected_uid;
  Call effective = call;
  effective.dry_run = options->dry_run;
  commit(effective, std::move(write), {}, exchange, nullptr);
}

// A deletecollection under way.
struct Writes::Sweep {
  Call call;
  DeleteOptions options;
  ExchangePtr exchange;
  std::vector<ObjectPtr> victims;
  std::size_t next = 0;
  std::int64_t revision = 0;
};

void Writes::remove_collection(const Call& call, const ExchangePtr& exchange) {
  auto options = read_delete_options(call, exchange->request());
  if (!options.ok()) return fail(call, exchange, options.error());
  auto sweep = std::make_shared<Sweep>();
  sweep->call = call;
  sweep->options = std::move(options).value();
  sweep->exchange = exchange;
  const State state = objects_.state();
  sweep->revision = state.revision();
  select(state, call, nullptr, [&](const ObjectPtr& object) {
    sweep->victims.push_back(object);
    return true;
  });
  remove_next(sweep);
}

void Writes::remove_next(const std::shared_ptr<Sweep>& sweep) {
  if (sweep->next == sweep->victims.size()) {
    const std::string metadata = str("{\"resourceVersion\":\"", sweep->revision, "\"}");
    return sweep->exchange->respond(
        json_response(200, represent_list(sweep->call, sweep->victims, metadata, loop_.now())));
  }
  // One object a batch: what somebody else removed, or made anew, in between is no error, and no batch fails for
  // another's object.
  const Object& victim = *sweep->victims[sweep->next++];
  store::Batch batch;
  batch.mode = sweep->options.dry_run ? store::Batch::Mode::dry_run : store::Batch::Mode::store;
  batch.writer = "user";
  Write write;
  write.verb = Verb::remove;
  write.key = key_of(victim);
  write.propagation = sweep->options.propagation;
  write.expected_uid = victim.metadata.uid;
  batch.writes.push_back(std::move(write));
  objects_.commit(
      std::move(batch), [this, sweep, alive = std::weak_ptr<bool>(alive_)](Result<store::Committed> result) {
        auto shared = std::make_shared<Result<store::Committed>>(std::move(result));
        loop_.post([this, sweep, alive, shared] {
          if (alive.lock() == nullptr) return;
          if (!shared->ok() && shared->error().code != Code::not_found && shared->error().code != Code::conflict) {
            return fail(sweep->call, sweep->exchange, shared->error());
          }
          if (shared->ok()) {
            gate_.settle((*shared)->results);
            sweep->revision = (*shared)->revision;
          }
          remove_next(sweep);
        });
      });
}

}  // namespace muster::server
