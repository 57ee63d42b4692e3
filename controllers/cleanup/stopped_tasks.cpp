#include "controllers/cleanup/stopped_tasks.h"

#include <algorithm>
#include <string>

#include "api/types/service.h"
#include "api/types/task_run.h"
#include "controllers/base/naming.h"
#include "controllers/cleanup/cleanup.h"

namespace muster::cleanup {

namespace {

// A host whose clock is behind makes no task older than it is.
Shelf::Item item_of(const Task& task) {
  return {std::max(task.status.stopped_at, task.metadata.creation_timestamp), task.metadata.ns, task.metadata.name};
}

// The key of the controlling owner, or of the task itself.
Key shelf_of(const Task& task) {
  const OwnerReference* owner = controller_of(task.metadata);
  const Kind* kind = owner == nullptr ? nullptr : find_kind(owner->api_version, owner->kind);
  return kind == nullptr ? key_of(task) : Key{kind, task.metadata.ns, owner->name};
}

// The controlling owner, if it is there.
ObjectPtr owner_of(const Task& task, const State& state) {
  const OwnerReference* owner = controller_of(task.metadata);
  if (owner == nullptr) return nullptr;
  ObjectPtr found = state.find(shelf_of(task));
  return found != nullptr && found->metadata.uid == owner->uid ? found : nullptr;
}

// Starts no more tasks. A run reads its tasks until it has ended.
bool is_over(const Object* owner) {
  if (const auto* set = as<TaskSet>(owner)) return set->status.status == DeploymentStatus::inactive;
  if (const auto* run = as<TaskRun>(owner)) return is_set(run->status.completed_at);
  return owner == nullptr;
}

std::string slot_of(const Task& task) {
  const auto found = task.metadata.annotations.find(labels::daemon_instance);
  return found == task.metadata.annotations.end() ? std::to_string(task.spec.slot) : found->second;
}

ObjectPtr neighbour(const Task& task, const Object& owner, std::int32_t attempt, const State& state) {
  return state.find(kind_of<Task>(), task.metadata.ns, derived_name(owner, slot_of(task), attempt));
}

bool may_go(const Task& task, const State& state) {
  const ObjectPtr owner = owner_of(task, state);
  if (is_over(owner.get())) return true;
  return as<TaskSet>(owner.get()) != nullptr && neighbour(task, *owner, task.spec.attempt + 1, state) != nullptr;
}

}  // namespace

void StoppedTasks::add(const Task& task, const Key& shelf, Keys& keys) {
  shelves_[shelf].add(item_of(task));
  keys.insert(shelf);
}

void StoppedTasks::start(const State& state, Keys& keys) {
  shelves_.clear();
  state.each(kind_of<Task>(), {}, [&](const ObjectPtr& object) {
    const auto* task = as<Task>(object.get());
    if (is_stopped(*task) && may_go(*task, state)) add(*task, shelf_of(*task), keys);
    return true;
  });
}

void StoppedTasks::observe_task(const Change& change, const State& after, Keys& keys) {
  const auto* before = as<Task>(change.before.get());
  const auto* now = as<Task>(change.after.get());
  if (before != nullptr && is_stopped(*before)) {
    if (const auto found = shelves_.find(shelf_of(*before)); found != shelves_.end()) {
      found->second.remove(item_of(*before));
      if (found->second.empty()) shelves_.erase(found);
    }
  }
  if (now == nullptr) return;
  if (is_stopped(*now) && may_go(*now, after)) add(*now, shelf_of(*now), keys);
  if (before != nullptr || now->spec.attempt == 0) return;
  // It succeeds the one before.
  const ObjectPtr owner = owner_of(*now, after);
  if (as<TaskSet>(owner.get()) == nullptr) return;
  const auto last = as<Task>(neighbour(*now, *owner, now->spec.attempt - 1, after));
  if (last != nullptr && is_stopped(*last)) add(*last, shelf_of(*last), keys);
}

void StoppedTasks::observe_owner(const Change& change, const State& after, Keys& keys) {
  if (change.after == nullptr || !is_over(change.after.get())) return;
  if (change.before != nullptr && is_over(change.before.get())) return;
  const Key shelf = key_of(*change.after);
  after.each(Index::owner, change.after->metadata.uid, [&](const ObjectPtr& object) {
    const auto* task = as<Task>(object.get());
    if (task != nullptr && is_stopped(*task)) add(*task, shelf, keys);
    return true;
  });
}

void StoppedTasks::observe(const Change& change, const State& after, Keys& keys) {
  const Kind* kind = change.object().kind;
  if (kind == &kind_of<Task>()) {
    observe_task(change, after, keys);
  } else if (kind == &kind_of<TaskSet>() || kind == &kind_of<TaskRun>()) {
    observe_owner(change, after, keys);
  }
}

void StoppedTasks::clear(const State& state, const Key& key, Time now, Plan& plan) const {
  const auto found = shelves_.find(key);
  if (found == shelves_.end()) return;
  found->second.clear(state, kind_of<Task>(), retention::stopped_task, retention::stopped_tasks_per_owner, now, plan);
}

}  // namespace muster::cleanup
