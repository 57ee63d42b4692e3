#include "controllers/garbage/namespaces.h"

#include <algorithm>

#include "api/base/limits.h"
#include "api/types/builtin.h"
#include "api/types/task.h"
#include "controllers/garbage/tasks.h"

namespace muster::garbage {

namespace {

constexpr std::string_view finalizer = "kubernetes";
constexpr std::string_view terminating = "Terminating";

void take(std::vector<std::string>& list) {
  list.erase(std::remove(list.begin(), list.end(), finalizer), list.end());
}

}  // namespace

void Namespaces::start(const State& state, Keys& keys) {
  terminating_.clear();
  state.each(kind_of<Namespace>(), {}, [&](const ObjectPtr& object) {
    observe(Change{nullptr, object}, keys);
    return true;
  });
}

void Namespaces::observe(const Change& change, Keys& keys) {
  const Object& object = change.object();
  if (object.kind == &kind_of<Namespace>()) {
    if (change.after != nullptr && change.after->metadata.deleting()) {
      terminating_.insert(object.metadata.name);
      keys.insert(key_of(object));
    } else {
      terminating_.erase(object.metadata.name);
    }
  } else if (!object.metadata.ns.empty() && terminating_.count(object.metadata.ns) != 0) {
    keys.insert(Key{&kind_of<Namespace>(), {}, object.metadata.ns});
  }
}

void empty_namespace(const State& state, const ObjectPtr& object, Plan& plan) {
  const auto ns = as<Namespace>(object);
  if (ns == nullptr || !ns->metadata.deleting()) return;
  if (ns->status.phase != terminating) {
    auto next = std::make_shared<Namespace>(*ns);
    next->status.phase = terminating;
    plan.actions.emplace_back(UpdateStatus{std::move(next)});
  }
  bool empty = true;
  for (const Kind& kind : all_kinds()) {
    if (kind.scope != Scope::namespaced) continue;
    state.each(kind, ns->metadata.name, [&](const ObjectPtr& each) {
      empty = false;
      if (plan.actions.size() >= limits::batch_objects) return false;
      if (const auto task = as<Task>(each)) {
        delete_task(state, task, DeletedBy::user, plan);
      } else if (!each->metadata.deleting()) {
        plan.actions.emplace_back(Delete{each});
      }
      return true;
    });
  }
  if (!empty || !plan.actions.empty()) return;
  auto next = std::make_shared<Namespace>(*ns);
  take(next->spec.finalizers);
  take(next->metadata.finalizers);
  if (next->spec == ns->spec && next->metadata == ns->metadata) return;
  plan.actions.emplace_back(Update{std::move(next)});
}

}  // namespace muster::garbage
