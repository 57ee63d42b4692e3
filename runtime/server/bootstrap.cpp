#include "runtime/server/bootstrap.h"

#include "api/access/bootstrap.h"
#include "api/openapi/definitions.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/host_access.h"

namespace muster::server {
namespace {

template <class T>
void add_missing(std::string_view name, const State& state, store::Batch& batch) {
  if (state.get<T>({}, name) != nullptr) return;
  T object = make<T>();
  object.metadata.name = name;
  batch.writes.push_back(create(share(std::move(object))));
}

void add_default_namespace(const State& state, const std::string& host_access, store::Batch& batch) {
  const auto stored = state.get<Namespace>({}, "default");
  Namespace ns = stored != nullptr ? *stored : make<Namespace>();
  ns.metadata.name = "default";
  const bool allows =
      !host_access.empty() && ns.metadata.annotations.emplace(std::string(host_access_annotation), host_access).second;
  if (stored == nullptr) {
    batch.writes.push_back(create(share(std::move(ns))));
  } else if (allows) {
    batch.writes.push_back(update(share(std::move(ns))));
  }
}

}  // namespace

store::Batch bootstrap_batch(const State& state, const std::string& host_access) {
  store::Batch batch;
  batch.writer = "server";
  add_default_namespace(state, host_access, batch);
  add_missing<Namespace>(system_namespace, state, batch);
  add_missing<Cluster>("default", state, batch);
  return batch;
}

void add_missing_policy(const State& state, store::Batch& batch) {
  for (auto& object : access::missing_policy(state)) {
    const bool is_new = object->metadata.resource_version == 0;
    batch.writes.push_back(is_new ? create(std::move(object)) : update(std::move(object)));
  }
}

void add_definitions(const State& state, Time now, store::Batch& batch) {
  for (CustomResourceDefinition& definition : openapi::definitions()) {
    const auto stored = state.get<CustomResourceDefinition>({}, definition.metadata.name);
    for (Condition& condition : definition.status.conditions) {
      const Condition* before = stored != nullptr ? find_condition(stored->status.conditions, condition.type) : nullptr;
      condition.last_transition_time =
          before != nullptr ? before->last_transition_time : std::chrono::floor<std::chrono::seconds>(now);
    }
    if (stored != nullptr && stored->spec == definition.spec && stored->status == definition.status) continue;
    if (stored != nullptr) definition.metadata = stored->metadata;
    const ObjectPtr object = share(std::move(definition));
    batch.writes.push_back(stored == nullptr ? create(object) : update(object));
    batch.writes.push_back(update_status(object));
  }
}

}  // namespace muster::server
