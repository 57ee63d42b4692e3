// A small world for tests of controllers: a State, a clock, and the rules of a store that matter to plans (revisions,
// generations, conflicts, finalizers), without admission. `Shell` runs controllers over it until they are quiet.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/state/state.h"
#include "controllers/base/controller.h"
#include "controllers/base/plan.h"
#include "tests/support/builders.h"

namespace muster::testing {

namespace world_detail {

// Carries over what a write of spec may not touch, or the reverse; raises the generation when the spec changed.
template <class T>
bool merge_update(Object& next, const Object& stored, std::optional<bool> status_only) {
  if (next.kind != &kind_of<T>()) return false;
  T& to = static_cast<T&>(next);
  const T& from = static_cast<const T&>(stored);
  if (status_only.has_value() && *status_only) {
    to.metadata = from.metadata;
    if constexpr (requires { to.spec; }) to.spec = from.spec;
    return true;
  }
  if constexpr (requires { to.status; }) to.status = from.status;
  if constexpr (requires { to.spec; }) {
    to.metadata.generation = from.metadata.generation + (to.spec == from.spec ? 0 : 1);
  }
  return true;
}

template <class... Kinds>
void merge(Object& next, const Object& stored, bool status_only) {
  (merge_update<Kinds>(next, stored, status_only) || ...);
}

inline void merge_any(Object& next, const Object& stored, bool status_only) {
  merge<Service, TaskSet, Task, TaskRun, ContainerInstance, Cluster, TaskDefinition, TaskDefinitionRevision, Namespace,
        Event>(next, stored, status_only);
}

}  // namespace world_detail

// What a store would answer to a plan.
struct Applied {
  bool conflict = false;  // nothing was applied
  std::vector<Change> changes;
};

class World {
 public:
  State state;
  Time now = t0;

  // Stores what a builder made, or an object; answers it as stored.
  template <class B>
  std::shared_ptr<const typename B::Made> add(const B& builder) {
    return std::static_pointer_cast<const typename B::Made>(put(builder.shared()));
  }
  ObjectPtr put(const ObjectPtr& object) {
    std::shared_ptr<Object> next = object->kind->copy(*object);
    complete(next->metadata, *next->kind);
    return store(std::move(next));
  }
  // Edits the stored object of this name, as a user or an agent would; the spec's generation follows.
  template <class T, class Edit>
  std::shared_ptr<const T> edit(std::string_view name, Edit change, std::string_view ns = "default") {
    const auto stored = get<T>(name, ns);
    auto next = std::make_shared<T>(*stored);
    change(*next);
    if constexpr (requires { next->spec; }) {
      if (!(next->spec == stored->spec)) ++next->metadata.generation;
    }
    return std::static_pointer_cast<const T>(store(std::move(next)));
  }
  template <class T>
  std::shared_ptr<const T> get(std::string_view name, std::string_view ns = "default") const {
    return state.get<T>(kind_of<T>().scope == Scope::namespaced ? ns : std::string_view{}, name);
  }
  template <class T>
  std::vector<std::shared_ptr<const T>> all() const {
    return state.list<T>();
  }
  // Removes it, or marks it as deleting when it has finalizers.
  void remove(const ObjectPtr& object) { erase(*object); }
  template <class T>
  void remove(std::string_view name, std::string_view ns = "default") {
    erase(*get<T>(name, ns));
  }
  // Changes since the last call, for observe().
  std::vector<Change> take_changes() { return std::exchange(changes_, {}); }

  // As one transaction: on any conflict nothing is applied.
  Applied apply(const Plan& plan) {
    const State before = state;
    const std::size_t known = changes_.size();
    read_.clear();
    for (const Action& action : plan.actions) {
      if (apply_one(action)) continue;
      state = before;
      changes_.resize(known);
      return Applied{true, {}};
    }
    return Applied{false, {changes_.begin() + static_cast<std::ptrdiff_t>(known), changes_.end()}};
  }
  // Every note of applied plans, oldest first.
  std::vector<Note> notes;

 private:
  void complete(Meta& meta, const Kind& kind) {
    if (meta.uid.empty()) {
      ++uids_;
      meta.uid = hex(stable_hash(str(kind.kind, uids_)), 16) + hex(stable_hash(str(kind.kind, uids_), 1), 16);
    }
    if (!is_set(meta.creation_timestamp)) meta.creation_timestamp = now;
    if (meta.generation == 0) meta.generation = 1;
  }
  ObjectPtr store(std::shared_ptr<Object> next) {
    next->metadata.resource_version = state.revision() + 1;
    state.set_revision(state.revision() + 1);
    ObjectPtr after = std::move(next);
    ObjectPtr before = state.put(after);
    changes_.push_back(Change{std::move(before), after});
    return after;
  }
  void erase(const Object& object) {
    const ObjectPtr stored = state.find(key_of(object));
    if (stored == nullptr) return;
    if (!stored->metadata.finalizers.empty()) {
      if (stored->metadata.deleting()) return;
      std::shared_ptr<Object> next = stored->kind->copy(*stored);
      next->metadata.deletion_timestamp = now;
      store(std::move(next));
      return;
    }
    state.set_revision(state.revision() + 1);
    state.erase(key_of(*stored));
    changes_.push_back(Change{stored, nullptr});
  }
  bool current(const Object& object) const {
    const ObjectPtr stored = state.find(key_of(object));
    if (stored == nullptr || stored->metadata.uid != object.metadata.uid) return false;
    if (stored->metadata.resource_version == object.metadata.resource_version) return true;
    // A second write of an object inside one batch is based on the first.
    const auto first = read_.find(key_of(object));
    return first != read_.end() && first->second == object.metadata.resource_version;
  }
  bool replace(const Object& object, bool status_only) {
    const ObjectPtr stored = state.find(key_of(object));
    read_.emplace(key_of(object), stored->metadata.resource_version);
    std::shared_ptr<Object> next = object.kind->copy(object);
    world_detail::merge_any(*next, *stored, status_only);
    if (next->metadata.deleting() && next->metadata.finalizers.empty()) {
      state.set_revision(state.revision() + 1);
      state.erase(key_of(*stored));
      changes_.push_back(Change{stored, nullptr});
      return true;
    }
    store(std::move(next));
    return true;
  }
  bool apply_one(const Action& action) {
    if (const auto* create = std::get_if<Create>(&action)) {
      if (state.find(key_of(*create->object)) != nullptr) return false;
      put(create->object);
    } else if (const auto* update = std::get_if<Update>(&action)) {
      return current(*update->object) && replace(*update->object, false);
    } else if (const auto* status = std::get_if<UpdateStatus>(&action)) {
      return current(*status->object) && replace(*status->object, true);
    } else if (const auto* gone = std::get_if<Delete>(&action)) {
      if (!current(*gone->object)) return false;
      erase(*gone->object);
    } else if (const auto* note = std::get_if<Note>(&action)) {
      notes.push_back(*note);
    }
    return true;
  }

  std::int64_t uids_ = 0;
  std::vector<Change> changes_;
  std::map<Key, std::int64_t> read_;  // what the batch being applied has written, and the revision it was based on
};

}  // namespace muster::testing
