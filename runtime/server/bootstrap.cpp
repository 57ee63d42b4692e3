#include "runtime/server/bootstrap.h"

#include "api/access/bootstrap.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"

namespace muster::server {
namespace {

template <class T>
void add_missing(std::string_view name, const State& state, store::Batch& batch) {
  if (state.get<T>({}, name) != nullptr) return;
  T object = make<T>();
  object.metadata.name = name;
  batch.writes.push_back(create(share(std::move(object))));
}

}  // namespace

store::Batch bootstrap_batch(const State& state) {
  store::Batch batch;
  batch.writer = "server";
  add_missing<Namespace>("default", state, batch);
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

}  // namespace muster::server
