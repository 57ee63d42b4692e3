#include "controllers/garbage/owners.h"

#include <algorithm>

#include "api/base/limits.h"
#include "controllers/base/naming.h"
#include "controllers/garbage/tasks.h"

namespace muster::garbage {

namespace {

bool has_finalizer(const Object& object, std::string_view name) {
  const auto& list = object.metadata.finalizers;
  return std::find(list.begin(), list.end(), name) != list.end();
}

ObjectPtr without_finalizer(const Object& object, std::string_view name) {
  const std::shared_ptr<Object> next = object.kind->copy(object);
  auto& list = next->metadata.finalizers;
  list.erase(std::remove(list.begin(), list.end(), name), list.end());
  return next;
}

ObjectPtr without_owner(const Object& object, const std::string& uid) {
  const std::shared_ptr<Object> next = object.kind->copy(object);
  auto& list = next->metadata.owner_references;
  list.erase(std::remove_if(list.begin(), list.end(), [&](const OwnerReference& each) { return each.uid == uid; }),
             list.end());
  return next;
}

// Has an owner beside `uid` that is there to stay: one that waits for its dependents' deletion holds nothing.
bool has_other_owner(const State& state, const Object& object, const std::string& uid) {
  for (const OwnerReference& each : object.metadata.owner_references) {
    if (each.uid == uid || !exists(state, each, object)) continue;
    const Key key = owner_key(each, object);
    const ObjectPtr owner = key.kind == nullptr ? nullptr : state.find(key);
    if (owner == nullptr || !owner->metadata.deleting() || !has_finalizer(*owner, finalizers::foreground)) return true;
  }
  return false;
}

// Index::owner knows the controlling owner only.
bool is_indexed(const Object& object, const OwnerReference& reference) {
  return controller_of(object.metadata) == &reference;
}

}  // namespace

Key owner_key(const OwnerReference& reference, const Object& dependent) {
  const Kind* kind = find_kind(reference.api_version, reference.kind);
  if (kind == nullptr) return {};
  return Key{kind, kind->scope == Scope::namespaced ? dependent.metadata.ns : std::string(), reference.name};
}

bool exists(const State& state, const OwnerReference& reference, const Object& dependent) {
  const Key key = owner_key(reference, dependent);
  // Of a kind that is not served here nothing is known: the dependent stays.
  if (key.kind == nullptr) return true;
  const ObjectPtr owner = state.find(key);
  return owner != nullptr && owner->metadata.uid == reference.uid;
}

void Owners::start(const State& state, Keys& keys) {
  uncontrolled_.clear();
  gone_.clear();
  finishing_.clear();
  for (const Kind& kind : all_kinds()) {
    state.each(kind, {}, [&](const ObjectPtr& object) {
      add(*object, state, keys);
      add_finishing(*object, keys);
      return true;
    });
  }
}

void Owners::add_finishing(const Object& object, Keys& keys) {
  if (!object.metadata.deleting() || object.metadata.finalizers.empty()) return;
  finishing_.insert(object.metadata.uid);
  keys.insert(key_of(object));
}

void Owners::add(const Object& object, const State& state, Keys& keys) {
  for (const OwnerReference& each : object.metadata.owner_references) {
    if (!is_indexed(object, each)) uncontrolled_[each.uid].insert(key_of(object));
    if (exists(state, each, object)) continue;
    const Key owner = owner_key(each, object);
    gone_[owner].insert(each.uid);
    keys.insert(owner);
  }
}

void Owners::remove(const Object& object, const State& after) {
  for (const OwnerReference& each : object.metadata.owner_references) {
    if (const auto found = uncontrolled_.find(each.uid); found != uncontrolled_.end()) {
      found->second.erase(key_of(object));
      if (found->second.empty()) uncontrolled_.erase(found);
    }
    const auto owner = gone_.find(owner_key(each, object));
    // `after` may be ahead of this change: what it says is asked for, not counted.
    if (owner == gone_.end() || owner->second.count(each.uid) == 0 || !dependents(after, each.uid, 1).empty()) continue;
    owner->second.erase(each.uid);
    if (owner->second.empty()) gone_.erase(owner);
  }
}

void Owners::observe(const Change& change, const State& after, Keys& keys) {
  const bool same_owners = change.before != nullptr && change.after != nullptr &&
                           change.before->metadata.owner_references == change.after->metadata.owner_references;
  if (!same_owners) {
    if (change.before != nullptr) {
      remove(*change.before, after);
      // The owner may wait for its dependents, and the owner's place may be one of a gone object.
      for (const OwnerReference& each : change.before->metadata.owner_references)
        keys.insert(owner_key(each, *change.before));
    }
    if (change.after != nullptr) add(*change.after, after, keys);
  } else {
    for (const OwnerReference& each : change.after->metadata.owner_references) {
      if (gone_.empty() && finishing_.empty()) break;
      Key owner = owner_key(each, *change.after);
      if (finishing_.count(each.uid) != 0 || gone_.count(owner) != 0) keys.insert(std::move(owner));
    }
  }
  if (change.after == nullptr ||
      (change.before != nullptr && change.before->metadata.uid != change.after->metadata.uid)) {
    const std::string& uid = change.before->metadata.uid;
    const Key key = key_of(*change.before);
    finishing_.erase(uid);
    if (!dependents(after, uid, 1).empty()) {
      gone_[key].insert(uid);
      keys.insert(key);
    }
  }
  if (change.after != nullptr) add_finishing(*change.after, keys);
  keys.erase(Key{});
}

std::vector<std::string> Owners::gone(const Key& owner) const {
  const auto found = gone_.find(owner);
  if (found == gone_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

std::vector<ObjectPtr> Owners::dependents(const State& state, const std::string& uid, std::size_t limit) const {
  std::vector<ObjectPtr> out;
  state.each(Index::owner, uid, [&](const ObjectPtr& object) {
    if (out.size() < limit) out.push_back(object);
    return out.size() < limit;
  });
  const auto found = uncontrolled_.find(uid);
  if (found == uncontrolled_.end()) return out;
  for (const Key& key : found->second) {
    if (out.size() >= limit) break;
    if (ObjectPtr object = state.find(key)) out.push_back(std::move(object));
  }
  return out;
}

void collect_dependents(const State& state, const Owners& owners, const std::string& uid, Plan& plan) {
  for (const ObjectPtr& object : owners.dependents(state, uid, limits::tasks_per_service * 2)) {
    if (plan.actions.size() >= limits::batch_objects) return;
    if (has_other_owner(state, *object, uid)) {
      plan.actions.emplace_back(Update{without_owner(*object, uid)});
    } else if (const auto task = as<Task>(object)) {
      delete_task(state, task, DeletedBy::owner, plan);
    } else if (!object->metadata.deleting()) {
      plan.actions.emplace_back(Delete{object});
    }
  }
}

void finish_owner(const State& state, const Owners& owners, const ObjectPtr& owner, Plan& plan) {
  const std::string& uid = owner->metadata.uid;
  const bool orphans = has_finalizer(*owner, finalizers::orphan);
  if (!orphans && !has_finalizer(*owner, finalizers::foreground)) return;
  bool blocked = false;
  for (const ObjectPtr& object : owners.dependents(state, uid, limits::tasks_per_service * 2)) {
    if (plan.actions.size() >= limits::batch_objects) return;
    const auto& references = object->metadata.owner_references;
    if (orphans || has_other_owner(state, *object, uid)) {
      plan.actions.emplace_back(Update{without_owner(*object, uid)});
      blocked = true;
      continue;
    }
    blocked = blocked || std::any_of(references.begin(), references.end(), [&](const OwnerReference& each) {
                return each.uid == uid && each.block_owner_deletion == true;
              });
    if (const auto task = as<Task>(object)) {
      delete_task(state, task, DeletedBy::owner, plan);
    } else if (!object->metadata.deleting()) {
      // What has dependents of its own waits for them too.
      if (!has_finalizer(*object, finalizers::foreground) &&
          !owners.dependents(state, object->metadata.uid, 1).empty()) {
        const std::shared_ptr<Object> next = object->kind->copy(*object);
        next->metadata.finalizers.emplace_back(finalizers::foreground);
        plan.actions.emplace_back(Update{next});
      } else {
        plan.actions.emplace_back(Delete{object});
      }
    }
  }
  if (blocked || plan.actions.size() >= limits::batch_objects) return;
  plan.actions.emplace_back(Update{without_finalizer(*owner, orphans ? finalizers::orphan : finalizers::foreground)});
}

}  // namespace muster::garbage
