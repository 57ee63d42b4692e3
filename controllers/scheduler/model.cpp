#include "controllers/scheduler/model.h"

#include <utility>

#include "api/base/assert.h"
#include "api/base/text.h"
#include "api/types/builtin.h"
#include "api/types/host_access.h"
#include "api/types/task_run.h"
#include "controllers/base/health.h"

namespace muster::scheduler {
namespace {

bool is_pending(const Task& task) {
  return task.spec.container_instance.empty() && !is_stopped(task) && !wants_stop(task) && !task.metadata.deleting();
}

// Asked to stop before it was placed: the scheduler says that it has stopped.
bool is_withdrawn(const Task& task) {
  return task.spec.container_instance.empty() && !is_stopped(task) && !is_pending(task);
}

// Counts where tasks are spread; the others only occupy their instance.
bool is_live(const Task& task) {
  return !wants_stop(task) && !task.metadata.deleting() && !is_lost(task);
}

bool same_hold(const Task& a, const Task& b) {
  return a.spec.container_instance == b.spec.container_instance && a.spec.cluster == b.spec.cluster &&
         a.spec.group == b.spec.group && a.spec.task_definition == b.spec.task_definition && is_live(a) == is_live(b) &&
         a.spec.overrides == b.spec.overrides && a.metadata.uid == b.metadata.uid;
}

std::string definition_of(const Task& task) {
  return str(task.metadata.ns, "/", task.spec.task_definition);
}

Hold hold_of(const Task& task, Resources resources) {
  return Hold{task.spec.container_instance, group_of(task), std::move(resources), is_live(task)};
}

template <class T>
bool same_placement(const T& a, const T& b) {
  return a.spec.placement_constraints == b.spec.placement_constraints &&
         a.spec.placement_strategy == b.spec.placement_strategy;
}

// A new or deleted owner, or one that asks for something else, matters to its tasks.
template <class T>
const T* changed_owner(const Change& change) {
  const T* before = as<T>(change.before.get());
  const T* after = as<T>(change.after.get());
  if (before != nullptr && after != nullptr && same_placement(*before, *after)) return nullptr;
  return after != nullptr ? after : before;
}

bool same_allowance(const Change& change) {
  const auto allowance = [](const ObjectPtr& object) {
    const auto* ns = as<Namespace>(object.get());
    return ns == nullptr ? HostAllowance() : HostAllowance::of(*ns);
  };
  return allowance(change.before) == allowance(change.after);
}

}  // namespace

Resources Definitions::of(const Entry& entry, const Task& task) const {
  if (entry.revision == nullptr || entry.blind.count(task.metadata.uid) != 0) return {};
  return task.spec.overrides == TaskOverride{} ? entry.resources : resources_of_task(task, entry.revision.get());
}

Resources Definitions::take(const State& state, const Task& task) {
  Entry& entry = entries_[definition_of(task)];
  ++entry.holders;
  if (entry.revision == nullptr) {
    entry.revision = revision_of(state, task.metadata.ns, task.spec.task_definition);
    if (entry.revision != nullptr) entry.resources = resources_of(entry.revision->spec);
  }
  if (entry.revision == nullptr) entry.blind.emplace(task.metadata.uid, std::make_shared<const Task>(task));
  return of(entry, task);
}

Resources Definitions::give_back(const Task& task) {
  const auto at = entries_.find(definition_of(task));
  MUSTER_ASSERT(at != entries_.end() && at->second.holders > 0);
  Resources out = of(at->second, task);
  at->second.blind.erase(task.metadata.uid);
  if (--at->second.holders == 0) entries_.erase(at);
  return out;
}

std::vector<TaskPtr> Definitions::blind(const std::string& definition) const {
  std::vector<TaskPtr> out;
  const auto at = entries_.find(definition);
  if (at == entries_.end()) return out;
  for (const auto& [uid, task] : at->second.blind) out.push_back(task);
  return out;
}

void Model::build(const State& state) {
  *this = Model();
  state.each(kind_of<ContainerInstance>(), {}, [&](const ObjectPtr& object) {
    observe_instance(nullptr, as<ContainerInstance>(object));
    return true;
  });
  state.each(kind_of<Task>(), {}, [&](const ObjectPtr& object) {
    observe_task(nullptr, as<Task>(object), state);
    return true;
  });
}

Pool* Model::find(const std::string& cluster) {
  const auto at = pools_.find(cluster);
  return at != pools_.end() ? &at->second : nullptr;
}

std::vector<std::string> Model::with_work() const {
  std::vector<std::string> out;
  for (const auto& [name, pool] : pools_) {
    if (pool.has_work()) out.push_back(name);
  }
  return out;
}

void Model::hold(const State& state, const TaskPtr& task) {
  const Hold hold = hold_of(*task, definitions_.take(state, *task));
  Pool& there = pool(task->spec.cluster);
  if (!there.confirm(*task, hold)) there.hosts().hold(hold);
}

void Model::release(const Task& task) {
  const Hold hold = hold_of(task, definitions_.give_back(task));
  pool(task.spec.cluster).hosts().release(hold);
}

void Model::observe_task(const TaskPtr& before, const TaskPtr& after, const State& state) {
  const bool held = before != nullptr && holds_resources(*before);
  const bool holds = after != nullptr && holds_resources(*after);
  if (!(held && holds && same_hold(*before, *after))) {
    if (held) release(*before);
    if (holds) hold(state, after);
  }
  if (before != nullptr && !holds) pool(before->spec.cluster).drop_assumption(*before);
  if (before != nullptr) {
    if (is_pending(*before)) pool(before->spec.cluster).remove_pending(before);
    if (is_withdrawn(*before)) pool(before->spec.cluster).remove_withdrawn(before);
  }
  if (after != nullptr) {
    if (is_pending(*after)) pool(after->spec.cluster).add_pending(state, after);
    if (is_withdrawn(*after)) pool(after->spec.cluster).add_withdrawn(after);
  }
}

void Model::observe_instance(const ContainerInstance* before, const std::shared_ptr<const ContainerInstance>& after) {
  const bool moved = before != nullptr && (after == nullptr || after->spec.cluster != before->spec.cluster);
  if (moved) pool(before->spec.cluster).hosts().erase_instance(before->metadata.name);
  if (after != nullptr) pool(after->spec.cluster).hosts().put_instance(after);
}

void Model::observe_revision(const TaskDefinitionRevision& revision, const State& state) {
  const auto definition = str(revision.metadata.ns, "/", revision.metadata.name);
  for (const auto& task : definitions_.blind(definition)) {
    release(*task);
    hold(state, task);
  }
  for (auto& [name, pool] : pools_) pool.resolve_definition(state, definition);
}

// Both clusters of an object that is in one, most often the same.
template <class T>
std::vector<std::string> Model::clusters_of(const T* before, const T* after) {
  std::vector<std::string> out;
  if (before != nullptr) out.push_back(before->spec.cluster);
  if (after != nullptr && (before == nullptr || after->spec.cluster != out.front())) out.push_back(after->spec.cluster);
  return out;
}

std::vector<std::string> Model::all_clusters() const {
  std::vector<std::string> out;
  for (const auto& [name, pool] : pools_) out.push_back(name);
  return out;
}

std::vector<std::string> Model::observe(const Change& change, const State& after) {
  const Object& object = change.object();
  std::vector<std::string> touched;
  if (object.kind == &kind_of<Task>()) {
    const auto before = as<Task>(change.before), now = as<Task>(change.after);
    observe_task(before, now, after);
    touched = clusters_of(before.get(), now.get());
  } else if (object.kind == &kind_of<ContainerInstance>()) {
    const auto before = as<ContainerInstance>(change.before), now = as<ContainerInstance>(change.after);
    observe_instance(before.get(), now);
    touched = clusters_of(before.get(), now.get());
  } else if (object.kind == &kind_of<TaskDefinitionRevision>()) {
    if (change.before != nullptr && change.after != nullptr) return {};  // immutable
    observe_revision(*as<TaskDefinitionRevision>(&object), after);
    touched = all_clusters();
  } else if (object.kind == &kind_of<Namespace>()) {
    if (same_allowance(change)) return {};
    for (auto& [name, pool] : pools_) pool.resolve_namespace(after, object.metadata.name);
    touched = all_clusters();
  } else {
    const Object* owner = changed_owner<TaskSet>(change);
    if (owner == nullptr) owner = changed_owner<TaskRun>(change);
    if (owner == nullptr) return {};
    for (auto& [name, pool] : pools_) pool.resolve_owner(after, owner->metadata.uid);
    touched = all_clusters();
  }
  std::erase_if(touched, [this](const std::string& cluster) {
    Pool& each = pool(cluster);
    each.wake();
    return !each.has_work();
  });
  return touched;
}

}  // namespace muster::scheduler
