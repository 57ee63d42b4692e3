#include "controllers/garbage/namespaces.h"

#include <map>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/types/builtin.h"
#include "api/types/task.h"
#include "controllers/garbage/tasks.h"

namespace muster::garbage {

namespace {

constexpr std::string_view finalizer = "kubernetes";
constexpr std::string_view terminating = "Terminating";

void take(std::vector<std::string>& list) {
  std::erase(list, finalizer);
}

// Exact up to ten, then rounded down: a namespace that thousands of tasks leave one by one tells of it a few times, not
// with each.
std::string about(std::size_t count) {
  if (count <= 10) return str(count);
  const std::size_t below = count - 1;
  std::size_t unit = 1;
  while (below / unit >= 10) unit *= 10;
  return str("more than ", below / unit * unit);
}

// What is left in a namespace, by resource, and what holds it, by finalizer.
struct Remaining {
  std::map<std::string, std::size_t> resources, finalizers;

  bool empty() const { return resources.empty(); }
  void add(const Object& object) {
    ++resources[object.kind->resource()];
    for (const std::string& each : object.metadata.finalizers) ++finalizers[each];
  }
};

template <class Write>
std::string listed(const std::map<std::string, std::size_t>& counts, const Write& write) {
  std::string out;
  for (const auto& [name, count] : counts) out += str(out.empty() ? "" : ", ", write(name, about(count)));
  return out;
}

// The conditions that Kubernetes sets, in its words. What it could not find out cannot happen here.
void report(const Remaining& remaining, Time now, Conditions& conditions) {
  const auto say = [&](std::string_view type, std::string_view status, std::string_view reason, std::string message) {
    set_condition(conditions,
                  Condition{std::string(type), std::string(status), 0, {}, std::string(reason), std::move(message)},
                  now);
  };
  say("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered");
  say("NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions",
      "All legacy kube types successfully parsed");
  say("NamespaceDeletionContentFailure", "False", "ContentDeleted",
      "All content successfully deleted, may be waiting on finalization");
  say("NamespaceContentRemaining", "True", "SomeResourcesRemain",
      str("Some resources are remaining: ", listed(remaining.resources, [](const auto& name, const auto& count) {
            return str(name, " has ", count, " resource instances");
          })));
  if (remaining.finalizers.empty()) {
    return say("NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers",
               "All content-preserving finalizers finished");
  }
  say("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain",
      str("Some content in the namespace has finalizers remaining: ",
          listed(remaining.finalizers,
                 [](const auto& name, const auto& count) { return str(name, " in ", count, " resource instances"); })));
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

void empty_namespace(const State& state, const ObjectPtr& object, Time now, Plan& plan) {
  const auto ns = as<Namespace>(object);
  if (ns == nullptr || !ns->metadata.deleting()) return;
  Remaining remaining;
  for (const Kind& kind : all_kinds()) {
    if (kind.scope != Scope::namespaced) continue;
    state.each(kind, ns->metadata.name, [&](const ObjectPtr& each) {
      remaining.add(*each);
      if (plan.actions.size() + 1 >= limits::batch_objects) return false;
      if (const auto task = as<Task>(each)) {
        delete_task(state, task, DeletedBy::user, plan);
      } else if (!each->metadata.deleting()) {
        plan.actions.emplace_back(Delete{each});
      }
      return true;
    });
  }
  if (remaining.empty()) {
    auto next = std::make_shared<Namespace>(*ns);
    take(next->spec.finalizers);
    take(next->metadata.finalizers);
    if (next->spec == ns->spec && next->metadata == ns->metadata) return;
    plan.actions.emplace_back(Update{std::move(next)});
    return;
  }
  auto next = std::make_shared<Namespace>(*ns);
  next->status.phase = terminating;
  // As long as there is something to delete, only that is said: what is waited for is not known yet.
  if (plan.actions.empty()) report(remaining, now, next->status.conditions);
  if (next->status != ns->status) plan.actions.emplace_back(UpdateStatus{std::move(next)});
}

}  // namespace muster::garbage
