#include "controllers/task_run/tally.h"

#include <algorithm>

#include "controllers/base/health.h"

namespace muster::task_run {

namespace {

bool is_essential(const TaskDefinitionRevision* revision, std::string_view container) {
  if (revision == nullptr) return true;
  for (const ContainerDefinition& each : revision->spec.container_definitions) {
    if (each.name == container) return each.essential;
  }
  return true;
}

}  // namespace

bool succeeded(const Task& task, const TaskDefinitionRevision* revision) {
  if (!is_stopped(task) || wants_stop(task) || task.status.stop_code == StopCode::task_failed_to_start) return false;
  bool any = false;
  for (const ContainerStatus& each : task.status.containers) {
    if (!is_essential(revision, each.name)) continue;
    if (each.exit_code != 0) return false;
    any = true;
  }
  return any;
}

std::optional<std::int32_t> exit_code_of(const Task& task, const TaskDefinitionRevision* revision) {
  std::optional<std::int32_t> first;
  for (const ContainerStatus& each : task.status.containers) {
    if (!is_essential(revision, each.name) || !each.exit_code.has_value()) continue;
    if (*each.exit_code != 0) return each.exit_code;
    if (!first.has_value()) first = each.exit_code;
  }
  return first;
}

Tally tally_of(const State& state, const TaskRun& run) {
  Tally tally;
  tally.slots.resize(static_cast<std::size_t>(std::max(0, run.spec.count)));
  const auto revision = revision_of(state, run.metadata.ns, run.status.task_definition);
  for (const TaskPtr& task : state.list<Task>(Index::owner, run.metadata.uid)) {
    const Task& it = *task;
    if (is_set(it.status.started_at) && (!is_set(tally.first_started) || it.status.started_at < tally.first_started)) {
      tally.first_started = it.status.started_at;
    }
    if (!is_stopped(it)) {
      ++tally.live;
      if (!is_lost(it)) ++(it.status.last_status < LastStatus::running ? tally.pending : tally.running);
    }
    const auto number = static_cast<std::size_t>(std::max(0, it.spec.slot));
    if (number >= tally.slots.size()) continue;
    Slot& slot = tally.slots[number];
    if (it.spec.attempt > 0) ++tally.replaced;
    if (slot.newest == nullptr || slot.newest->spec.attempt < it.spec.attempt) slot.newest = task;
    if (!is_stopped(it)) continue;
    if (succeeded(it, revision.get())) {
      slot.succeeded = true;
      continue;
    }
    ++tally.failed;
    if (tally.first_failure == nullptr || it.status.stopped_at < tally.first_failure->status.stopped_at) {
      tally.first_failure = task;
    }
  }
  tally.succeeded = static_cast<std::int32_t>(
      std::count_if(tally.slots.begin(), tally.slots.end(), [](const Slot& each) { return each.succeeded; }));
  return tally;
}

}  // namespace muster::task_run
