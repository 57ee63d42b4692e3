#include "controllers/garbage/revisions.h"

#include <vector>

#include "api/base/text.h"
#include "api/types/service.h"
#include "api/types/task_definition.h"
#include "api/types/task_run.h"

namespace muster::garbage {

namespace {

bool is_inactive(const Object* object) {
  const auto* revision = as<TaskDefinitionRevision>(object);
  return revision != nullptr && revision->status.status == RevisionState::inactive;
}

std::string family_of(const TaskDefinitionRevision& revision) {
  return str(revision.metadata.ns, "/", revision.metadata.name.substr(0, revision.metadata.name.find(':')));
}

// The revisions that the object names; "web" alone names none.
std::vector<Key> references_of(const Object& object) {
  std::vector<Key> out;
  const auto name = [&](const std::string& definition) {
    if (definition.find(':') == std::string::npos) return;
    out.push_back(Key{&kind_of<TaskDefinitionRevision>(), object.metadata.ns, definition});
  };
  if (const auto* task = as<Task>(&object)) {
    name(task->spec.task_definition);
  } else if (const auto* set = as<TaskSet>(&object)) {
    name(set->spec.task_definition);
  } else if (const auto* service = as<Service>(&object)) {
    name(service->spec.task_definition);
  } else if (const auto* run = as<TaskRun>(&object)) {
    name(run->spec.task_definition);
    if (run->status.task_definition != run->spec.task_definition) name(run->status.task_definition);
  }
  return out;
}

}  // namespace

void References::start(const State& state, Keys& keys) {
  counts_.clear();
  for (const Kind* kind : {&kind_of<Task>(), &kind_of<TaskSet>(), &kind_of<Service>(), &kind_of<TaskRun>()}) {
    state.each(*kind, {}, [&](const ObjectPtr& object) {
      add(*object);
      return true;
    });
  }
  state.each(kind_of<TaskDefinitionRevision>(), {}, [&](const ObjectPtr& object) {
    if (is_inactive(object.get())) keys.insert(key_of(*object));
    return true;
  });
}

void References::add(const Object& object) {
  for (const Key& each : references_of(object)) ++counts_[each];
}

void References::remove(const Object& object, const State& after, Keys& keys) {
  for (const Key& each : references_of(object)) {
    const auto found = counts_.find(each);
    if (found == counts_.end() || --found->second > 0) continue;
    counts_.erase(found);
    if (is_inactive(after.find(each).get())) keys.insert(each);
  }
}

void References::observe(const Change& change, const State& after, Keys& keys) {
  if (const auto* revision = as<TaskDefinitionRevision>(&change.object())) {
    if (is_inactive(change.after.get())) keys.insert(key_of(*change.after));
    // A new highest number relieves the one before.
    if (change.before != nullptr) return;
    after.each(Index::family, family_of(*revision), [&](const ObjectPtr& object) {
      if (is_inactive(object.get())) keys.insert(key_of(*object));
      return true;
    });
    return;
  }
  // Most changes of tasks leave what they refer to as it is.
  if (change.before != nullptr && change.after != nullptr &&
      references_of(*change.before) == references_of(*change.after))
    return;
  if (change.after != nullptr) add(*change.after);
  if (change.before != nullptr) remove(*change.before, after, keys);
}

void forget_revision(const State& state, const References& references, const ObjectPtr& object, Plan& plan) {
  const auto revision = as<TaskDefinitionRevision>(object);
  if (!is_inactive(revision.get()) || revision->metadata.deleting() || references.any(key_of(*revision))) return;
  bool highest = true;
  state.each(Index::family, family_of(*revision), [&](const ObjectPtr& other) {
    const auto* each = as<TaskDefinitionRevision>(other.get());
    highest = each == nullptr || each->status.revision <= revision->status.revision;
    return highest;
  });
  if (!highest) plan.actions.emplace_back(Delete{revision});
}

}  // namespace muster::garbage
