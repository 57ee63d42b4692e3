#include "controllers/service/facts.h"

#include <algorithm>
#include <tuple>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/types/eviction.h"
#include "api/types/service.h"
#include "controllers/service/images.h"

namespace muster::service {

namespace {

Phase phase_of(const Task& task) {
  if (is_stopped(task)) return Phase::stopped;
  if (is_lost(task)) return Phase::lost;
  if (wants_stop(task) || task.metadata.deleting() || task.status.last_status > LastStatus::running)
    return Phase::stopping;
  return task.status.last_status == LastStatus::running ? Phase::running : Phase::pending;
}

TaskFacts facts_of(const std::shared_ptr<const Task>& task) {
  TaskFacts facts;
  facts.id = stable_hash(task->metadata.uid);
  facts.slot = task->spec.slot;
  facts.attempt = task->spec.attempt;
  facts.failures = task->spec.consecutive_failures;
  facts.phase = phase_of(*task);
  facts.health = task->status.health_status;
  facts.readiness = task->status.readiness_status;
  facts.evicted = task->metadata.annotations.contains(evicted_annotation);
  facts.started_at = task->status.started_at;
  facts.images = images_hash(*task);
  facts.task = task;
  return facts;
}

bool before(const TaskFacts& a, const TaskFacts& b) {
  return std::tie(a.slot, a.attempt, a.id) < std::tie(b.slot, b.attempt, b.id);
}

bool is_same(const TaskFacts& a, const TaskFacts& b) {
  return !before(a, b) && !before(b, a);
}

// The uid of the set that controls the task; empty when none does.
std::string_view set_of(const Task& task) {
  const OwnerReference* owner = controller_of(task.metadata);
  if (owner == nullptr || owner->kind != kind_of<TaskSet>().kind) return {};
  return task.spec.slot < 0 || task.spec.slot >= limits::tasks_per_service ? std::string_view{}
                                                                           : std::string_view(owner->uid);
}

}  // namespace

void Facts::start(const State& state) {
  sets_.clear();
  state.each(kind_of<Task>(), {}, [&](const ObjectPtr& object) {
    const auto task = as<Task>(object);
    const std::string_view uid = set_of(*task);
    if (!uid.empty()) sets_[std::string(uid)].tasks.push_back(facts_of(task));
    return true;
  });
  for (auto& [uid, set] : sets_) std::sort(set.tasks.begin(), set.tasks.end(), before);
}

void Facts::put(Set& set, TaskFacts facts) {
  // Tasks are made in order of their slots: mostly this is an append.
  const auto at = std::lower_bound(set.tasks.begin(), set.tasks.end(), facts, before);
  if (at == set.tasks.end() || !is_same(*at, facts)) {
    set.tasks.insert(at, std::move(facts));
    return;
  }
  if (at->task == nullptr) --set.gone;
  *at = std::move(facts);
}

void Facts::erase(std::string_view set_uid, const Task& task) {
  const auto found = sets_.find(set_uid);
  if (found == sets_.end()) return;
  Set& set = found->second;
  TaskFacts sought;
  sought.id = stable_hash(task.metadata.uid);
  sought.slot = task.spec.slot;
  sought.attempt = task.spec.attempt;
  const auto at = std::lower_bound(set.tasks.begin(), set.tasks.end(), sought, before);
  if (at == set.tasks.end() || !is_same(*at, sought) || at->task == nullptr) return;
  at->task = nullptr;
  ++set.gone;
  if (set.gone == set.tasks.size()) {
    sets_.erase(found);
  } else if (set.gone * 4 > set.tasks.size()) {
    set.tasks.erase(
        std::remove_if(set.tasks.begin(), set.tasks.end(), [](const TaskFacts& each) { return each.task == nullptr; }),
        set.tasks.end());
    set.gone = 0;
  }
}

void Facts::observe(const Change& change) {
  const auto* last = as<Task>(change.before.get());
  const auto now = as<Task>(change.after);
  const std::string_view from = last == nullptr ? std::string_view{} : set_of(*last);
  const std::string_view to = now == nullptr ? std::string_view{} : set_of(*now);
  if (!from.empty() && (from != to || last->metadata.uid != now->metadata.uid)) erase(from, *last);
  if (!to.empty()) {
    auto found = sets_.find(to);
    if (found == sets_.end()) found = sets_.emplace(std::string(to), Set{}).first;
    put(found->second, facts_of(now));
  }
  // The tasks of a set that is gone are no service's any more.
  if (change.after == nullptr && change.before->kind == &kind_of<TaskSet>()) sets_.erase(change.before->metadata.uid);
}

const std::vector<TaskFacts>& Facts::of(std::string_view set_uid) const {
  static const std::vector<TaskFacts> none;
  const auto found = sets_.find(set_uid);
  return found == sets_.end() ? none : found->second.tasks;
}

}  // namespace muster::service
