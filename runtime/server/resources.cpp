#include "runtime/server/resources.h"

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/server/representation.h"
#include "runtime/server/revision_rules.h"
#include "runtime/server/status.h"
#include "runtime/server/views.h"

namespace muster::server {
namespace {

using ExchangePtr = std::shared_ptr<http::Exchange>;

constexpr Duration revision_patience = std::chrono::seconds(3);  // Kubernetes

Subject subject_of(const Call& call) {
  return Subject{call.kind, call.name};
}

void fail(const Call& call, const ExchangePtr& exchange, const Error& error) {
  exchange->respond(error_response(error, subject_of(call)));
}

}  // namespace

void Resources::handle(const Call& call, const ExchangePtr& exchange) {
  const bool served = call.subresource.empty() || (call.subresource == "status" && call.kind->has_status) ||
                      (call.subresource == "scale" && call.kind->has_scale);
  if (!served) {
    // Not the object is missing: nothing is named, or clients would take it for that.
    return exchange->respond(
        error_response(Error{Code::not_found, "the server could not find the requested resource", {}}));
  }
  if (call.subresource == "scale") return scale(call, exchange);
  const bool collection = call.name.empty();
  const bool everywhere = call.kind->scope == muster::Scope::namespaced && call.ns.empty();
  if (call.method == "GET") return collection ? list(call, exchange) : get(call, exchange);
  const std::string_view verb = verb_of(call);
  if (const Status status = check_serves(call, verb == "other" ? std::string_view(call.method) : verb); !status.ok())
    return fail(call, exchange, status.error());
  if (call.method == "POST" && collection && !everywhere) return writes_.create(call, exchange);
  if (call.method == "DELETE" && collection && !everywhere) return writes_.remove_collection(call, exchange);
  if (call.method == "PUT" && !collection) return writes_.update(call, exchange);
  if (call.method == "PATCH" && !collection) return writes_.patch(call, exchange);
  if (call.method == "DELETE" && !collection && call.subresource.empty()) return writes_.remove(call, exchange);
  fail(call, exchange,
       Error{Code::not_allowed, str(call.method, " is not served for ", exchange->request().target), {}});
}

void Resources::get(const Call& call, const ExchangePtr& exchange) {
  when_reached(call, [this, call, exchange] { get_now(call, exchange); });
}

void Resources::get_now(const Call& call, const ExchangePtr& exchange) {
  const State state = objects_.state();
  if (call.revision.value_or(0) > state.revision())
    return fail(call, exchange, too_large_revision(*call.revision, state.revision()));
  ObjectPtr object = shown(call, state, state.find(stored_kind(call), call.ns, call.name));
  if (object != nullptr && Usages::is_metrics(*call.kind)) object = usages_.filled(state, object);
  if (object == nullptr) return fail(call, exchange, not_found(call));
  exchange->respond(json_response(200, represent(call, *object, loop_.now())));
}

// A client may be ahead of us only by what another server told it; it gets a moment's patience. Not many at once: they
// hold seats that others wait for.
template <class Answer>
void Resources::when_reached(const Call& call, Answer answer) {
  constexpr std::size_t most = 50;
  if (call.revision.value_or(0) <= objects_.state().revision() || patient_reads_ >= most) return answer();
  ++patient_reads_;
  loop_.after(revision_patience, [this, alive = std::weak_ptr<bool>(alive_), answer = std::move(answer)] {
    if (alive.lock() == nullptr) return;
    --patient_reads_;
    answer();
  });
}

// The state that the list is over.
Result<State> Resources::state_for(const Call& call, const std::optional<PageToken>& after) {
  if (after) {
    auto kept = pages_.find(after->revision);
    return kept.ok() ? std::move(kept) : watches_.state_at(after->revision);
  }
  State state = objects_.state();
  if (call.revision.value_or(0) > state.revision()) return too_large_revision(*call.revision, state.revision());
  if (!wants_exact(call) || *call.revision == state.revision()) return state;
  return watches_.state_at(*call.revision);
}

void Resources::list(const Call& call, const ExchangePtr& exchange) {
  if (const Status status = check_list_options(call); !status.ok()) return fail(call, exchange, status.error());
  when_reached(call, [this, call, exchange] { list_now(call, exchange); });
}

void Resources::list_now(const Call& call, const ExchangePtr& exchange) {
  std::optional<PageToken> after;
  if (!call.continue_token.empty()) {
    auto token = read_page_token(call.continue_token);
    if (!token.ok()) return fail(call, exchange, token.error());
    after = std::move(token).value();
  }
  auto found = state_for(call, after);
  if (!found.ok()) return fail(call, exchange, found.error());
  const State& state = *found;

  std::vector<ObjectPtr> objects;
  std::size_t more = 0;
  const bool measured = Usages::is_metrics(*call.kind);
  // What is left is counted once, for the first page, where nothing but a look at each is needed for it.
  const bool counts =
      !after && call.labels.requirements.empty() && call.fields.requirements.empty() && !is_view(*call.kind);
  select(state, call, after ? &*after : nullptr, [&](const ObjectPtr& found_object) {
    if (call.limit > 0 && objects.size() == call.limit && counts) return ++more > 0;
    const ObjectPtr object = measured ? usages_.filled(state, found_object) : found_object;
    if (object == nullptr) return true;
    if (call.limit > 0 && objects.size() == call.limit) {
      more = 1;
      return false;
    }
    objects.push_back(object);
    return true;
  });

  std::string metadata = str("{\"resourceVersion\":\"", state.revision(), "\"");
  if (more > 0) {
    pages_.keep(state);
    std::optional<std::size_t> remaining;
    if (counts) remaining = more;
    if (after && after->remaining && *after->remaining > objects.size()) remaining = *after->remaining - objects.size();
    metadata += ",\"continue\":";
    append_json_string(metadata, write_page_token({state.revision(), objects.back()->metadata.ns,
                                                   objects.back()->metadata.name, remaining}));
    if (remaining) metadata += str(",\"remainingItemCount\":", *remaining);
  }
  metadata += '}';
  exchange->respond(json_response(200, represent_list(call, objects, metadata, loop_.now())));
}

}  // namespace muster::server
