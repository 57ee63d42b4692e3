// TaskRun: tasks that run to completion.
#pragma once

#include "api/types/condition.h"
#include "api/types/task.h"

namespace muster {

struct TaskRunSpec {
  std::string task_definition;
  std::string cluster;
  std::int32_t count = 1;    // tasks that must succeed
  std::int32_t retries = 0;  // failed tasks that are replaced, over the whole run
  std::string started_by;
  std::string group;  // default "family:FAMILY"
  TaskOverride overrides;
  std::vector<PlacementConstraint> placement_constraints;
  std::vector<PlacementStrategy> placement_strategy;
  std::optional<Duration> time_to_live;  // after it ended the run is deleted, with its tasks; absent: kept
  bool operator==(const TaskRunSpec&) const = default;
};

struct TaskRunStatus {
  std::int64_t observed_generation = 0;
  std::string task_definition;  // resolved when the first task is made
  std::int32_t pending_count = 0, running_count = 0, succeeded_count = 0, failed_count = 0;
  Time started_at{}, completed_at{};
  std::optional<std::int32_t> exit_code;  // of the first failed task, or 0
  Conditions conditions;                  // Succeeded, Ready
  bool operator==(const TaskRunStatus&) const = default;
};

struct TaskRun : Object {
  using base_of_kind = Object;
  TaskRunSpec spec;
  TaskRunStatus status;
};

}  // namespace muster
