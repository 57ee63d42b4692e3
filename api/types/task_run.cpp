#include "api/types/task_run.h"

#include "api/types/describe_kind.h"
#include "api/types/patterns.h"

namespace muster {

template <>
Type Describe<TaskRunSpec>::type() {
  return object<TaskRunSpec>(
      "TaskRunSpec", "What to run to completion, and how often.",
      field<&TaskRunSpec::task_definition>(
          "taskDefinition",
          "The definition to run: a family, or family and revision as in \"migrate:4\". "
          "A family is resolved once, when the first task is made.")
          .required()
          .immutable()
          .pattern(patterns::definition_reference),
      field<&TaskRunSpec::cluster>("cluster", "The cluster of the namespace; filled at creation.")
          .immutable()
          .pattern(patterns::ecs_name),
      field<&TaskRunSpec::count>("count", "How many tasks must succeed. They run side by side.")
          .range(1, 1000)
          .immutable()
          .keep_zero(),
      field<&TaskRunSpec::retries>("retries", "How many failed tasks are replaced, over the whole run.").range(0, 1000),
      field<&TaskRunSpec::started_by>("startedBy", "A word of the caller, copied to the tasks.")
          .immutable()
          .max_length(128),
      field<&TaskRunSpec::group>("group", "The group of the tasks; \"family:FAMILY\" when absent.")
          .immutable()
          .max_length(255),
      field<&TaskRunSpec::overrides>("overrides", "Replaces parts of the task definition.").immutable(),
      field<&TaskRunSpec::placement_constraints>("placementConstraints", "Rules that a host must satisfy.")
          .max_items(10)
          .atomic()
          .immutable(),
      field<&TaskRunSpec::placement_strategy>("placementStrategy", "Preferences among the hosts.")
          .max_items(5)
          .atomic()
          .immutable(),
      field<&TaskRunSpec::time_to_live>("timeToLive",
                                        "How long after its end the run is deleted, with its tasks. "
                                        "Absent: it is kept.")
          .between(Duration{}, std::chrono::hours(24 * 366)));
}

template <>
Type Describe<TaskRunStatus>::type() {
  return object<TaskRunStatus>(
      "TaskRunStatus", "How far the run is.",
      field<&TaskRunStatus::observed_generation>("observedGeneration",
                                                 "The metadata.generation that this status belongs to.")
          .keep_zero()
          .written_by(Writer::task_run),
      field<&TaskRunStatus::task_definition>("taskDefinition", "The revision that is run, \"family:N\".")
          .written_by(Writer::task_run),
      field<&TaskRunStatus::pending_count>("pendingCount", "Tasks that are waiting for a host or starting.")
          .keep_zero()
          .written_by(Writer::task_run),
      field<&TaskRunStatus::running_count>("runningCount", "Tasks that run.").keep_zero().written_by(Writer::task_run),
      field<&TaskRunStatus::succeeded_count>("succeededCount",
                                             "Tasks whose essential containers ended with exit code 0.")
          .keep_zero()
          .written_by(Writer::task_run),
      field<&TaskRunStatus::failed_count>("failedCount", "Tasks that failed.").keep_zero().written_by(Writer::task_run),
      field<&TaskRunStatus::started_at>("startedAt", "When the first task was made.").written_by(Writer::task_run),
      field<&TaskRunStatus::completed_at>("completedAt", "When the run ended.").written_by(Writer::task_run),
      field<&TaskRunStatus::exit_code>("exitCode", "The exit code of the first failed task; 0 when all succeeded.")
          .keep_zero()
          .written_by(Writer::task_run),
      field<&TaskRunStatus::conditions>("conditions", "Succeeded and Ready.")
          .keyed_by("type")
          .written_by(Writer::task_run));
}

template <>
Type Describe<TaskRun>::type() {
  return kind_object<TaskRun>("TaskRun",
                              "Runs tasks of one definition to completion: a batch job, a migration, a one-off.",
                              field<&TaskRun::metadata>("metadata", "Name, labels and bookkeeping."),
                              field<&TaskRun::spec>("spec", "What is wanted.").required(),
                              field<&TaskRun::status>("status", "What is observed.").written_by(Writer::task_run));
}

}  // namespace muster
