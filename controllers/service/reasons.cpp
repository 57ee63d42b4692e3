#include "controllers/service/reasons.h"

#include <utility>

#include "api/base/text.h"

namespace muster::service {
namespace {

// ", exit code 3 of app": of the first container that failed.
std::string exit_of(const Task& task) {
  for (const ContainerStatus& each : task.status.containers) {
    if (each.exit_code.has_value() && *each.exit_code != 0)
      return str(", exit code ", *each.exit_code, " of ", each.name);
  }
  return {};
}

// "; task web-1-2 stopped: Essential container in task exited, exit code 3 of app".
std::string end_of(const Task& task) {
  const std::string& reason = task.status.stopped_reason;
  return str("; task ", task.metadata.name, " stopped", reason.empty() ? "" : ": ", reason, exit_of(task));
}

// What failed before it in its slot is no news: it is well, or was until somebody asked it to stop.
bool is_past_failing(const TaskView& newest) {
  return (newest.healthy && !newest.proving) || wants_stop(*newest.task);
}

}  // namespace

std::string hindrance(const Work& work) {
  const bool replica = work.service.spec.scheduling_strategy == SchedulingStrategy::replica;
  const Task* unplaced = nullptr;
  const Task* failure = nullptr;
  for (const SetView& set : work.sets) {
    for (const TaskView& each : set.tasks) {
      if (each.phase == Phase::pending && each.task->spec.container_instance.empty() && unplaced == nullptr) {
        const Condition* placed = find_condition(each.task->status.conditions, "Placed");
        if (placed != nullptr && placed->status == "False") unplaced = each.task;
      }
      if (each.phase != Phase::stopped || !failed(*each.task)) continue;
      // The slots of a DAEMON are instances, which stand elsewhere.
      const TaskView* newest = replica ? set.newest(static_cast<std::size_t>(each.slot)) : nullptr;
      if (newest != nullptr && newest != &each && is_past_failing(*newest)) continue;
      if (failure == nullptr || failure->status.stopped_at < each.task->status.stopped_at) failure = each.task;
    }
  }
  std::string out;
  if (unplaced != nullptr) {
    out = str("; task ", unplaced->metadata.name, ": ", find_condition(unplaced->status.conditions, "Placed")->message);
  }
  if (failure != nullptr) {
    const std::int32_t failures = next_consecutive_failures(*failure);
    out += end_of(*failure);
    if (failures > 1) {
      const Time next = retry_at(*failure, work.lens.now);
      out += str(" (", failures, " failures in a row",
                 next > work.lens.now ? ", next attempt at " + format_time(next) : std::string(), ")");
    }
  }
  return out;
}

std::string last_failure(const SetView& set) {
  const Task* failure = nullptr;
  for (const TaskView& each : set.tasks) {
    if (each.phase != Phase::stopped || !failed(*each.task)) continue;
    if (failure == nullptr || failure->status.stopped_at < each.task->status.stopped_at) failure = each.task;
  }
  return failure == nullptr ? std::string() : end_of(*failure);
}

std::string first_told(const Service& service, std::string_view reason, std::string_view told,
                       const std::string& text) {
  const Condition* before = find_condition(service.status.conditions, "Stalled");
  const bool known = before != nullptr && before->reason == reason && before->message.starts_with(told);
  return known ? before->message : text;
}

}  // namespace muster::service
