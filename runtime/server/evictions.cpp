#include "runtime/server/evictions.h"

#include "api/base/text.h"
#include "api/projection/budget.h"
#include "api/types/eviction.h"
#include "runtime/server/delete_options.h"
#include "runtime/server/status.h"
#include "runtime/server/views.h"

namespace muster::server {
namespace {

constexpr std::string_view done = R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","code":201})";

// Kubernetes' words, which clients look for.
Error over_budget(const projection::Budget& budget, std::int32_t leaving) {
  Error error{Code::too_many, "Cannot evict pod as it would violate the pod's disruption budget.", {}};
  error.causes.push_back(Cause{"",
                               str("The disruption budget ", budget.service, " needs ", budget.needed,
                                   " healthy pods and has ", budget.healthy - leaving, " currently"),
                               "DisruptionBudget"});
  return error;
}

}  // namespace

void Evictions::handle(const Call& call, const ExchangePtr& exchange) {
  const auto fail = [&](const Error& error) { exchange->respond(error_response(error, {call.kind, call.name})); };
  if (call.method != "POST") return fail(Error{Code::not_allowed, "only POST is served for an eviction", {}});
  const auto options = read_eviction(call, exchange->request());
  if (!options.ok()) return fail(options.error());
  const State state = objects_.state();
  const auto task = state.get<Task>(call.ns, call.name);
  if (task == nullptr) return fail(not_found(call));
  const std::string uid = projection::source_uid(*call.kind, options->expected_uid);
  if (!uid.empty() && uid != task->metadata.uid)
    return fail(Error{Code::conflict, "Precondition failed: UID in precondition is not that of the pod", {}});
  if (options->expected_revision != 0 && options->expected_revision != task->metadata.resource_version)
    return fail(Error{Code::conflict, "Precondition failed: the pod has another resourceVersion", {}});
  const projection::Budget budget = projection::budget_of(state, *task, loop_.now());
  const std::string key = str(call.ns, "/", budget.service);
  const auto found = leaving_.find(key);
  const std::int32_t leaving = found == leaving_.end() ? 0 : found->second;
  if (!budget.allows(leaving)) {
    if (!options->dry_run) mark(*task);
    http::Response refused = error_response(over_budget(budget, leaving), {call.kind, call.name});
    // As in Kubernetes: clients' libraries would come again by themselves, for nothing, and not tell who asked.
    std::erase_if(refused.headers, [](const auto& header) { return header.first == "Retry-After"; });
    return exchange->respond(std::move(refused));
  }
  if (options->dry_run) return exchange->respond(json_response(201, std::string(done) + "\n"));
  remove(call, *task, budget.limited ? key : std::string(), exchange);
}

void Evictions::remove(const Call& call, const Task& task, const std::string& service, const ExchangePtr& exchange) {
  store::Batch batch;
  batch.writer = "user";
  Write write = muster::remove(task);
  write.expected_revision = 0;  // whatever its agent reports meanwhile
  batch.writes.push_back(std::move(write));
  if (!service.empty()) ++leaving_[service];
  objects_.commit(std::move(batch), [this, call, service, exchange,
                                     alive = std::weak_ptr<bool>(alive_)](Result<store::Committed> result) {
    auto shared = std::make_shared<Result<store::Committed>>(std::move(result));
    loop_.post([this, call, service, exchange, alive, shared] {
      if (alive.lock() == nullptr) return;
      if (!service.empty() && --leaving_[service] == 0) leaving_.erase(service);
      if (!shared->ok())
        return exchange->respond(error_response(about_view(call, shared->error()), {call.kind, call.name}));
      exchange->respond(json_response(201, std::string(done) + "\n"));
    });
  });
}

void Evictions::mark(const Task& task) {
  if (task.metadata.annotations.contains(evicted_annotation)) return;
  auto marked = std::make_shared<Task>(task);
  marked->metadata.annotations.emplace(evicted_annotation, format_time(loop_.now()));
  store::Batch batch;
  batch.writer = "user";
  batch.writes.push_back(update_own(std::move(marked)));
  // Who comes again marks it again.
  objects_.commit(std::move(batch), [](const Result<store::Committed>&) {});
}

}  // namespace muster::server
