#include "api/types/service.h"

#include "api/base/limits.h"
#include "api/types/describe_kind.h"
#include "api/types/patterns.h"

namespace muster {

template <>
Type Describe<SchedulingStrategy>::type() {
  return enumeration<SchedulingStrategy>("SchedulingStrategy",
                                         "REPLICA: desiredCount tasks in the cluster. DAEMON: one task on every host "
                                         "that satisfies the constraints.",
                                         {"REPLICA", "DAEMON"});
}

template <>
Type Describe<ThresholdType>::type() {
  return enumeration<ThresholdType>("CircuitBreakerThresholdType",
                                    "COUNT: as many tasks as value says. BOUNDED_PERCENT: value percent of "
                                    "desiredCount, at least 3 and at most 200. UNBOUNDED_PERCENT: value percent of it.",
                                    {"COUNT", "BOUNDED_PERCENT", "UNBOUNDED_PERCENT"});
}

template <>
Type Describe<CircuitBreakerThreshold>::type() {
  return object<CircuitBreakerThreshold>(
      "CircuitBreakerThreshold", "How many failures in a row are too many.",
      field<&CircuitBreakerThreshold::type>("type", "COUNT, BOUNDED_PERCENT or UNBOUNDED_PERCENT.").keep_zero(),
      field<&CircuitBreakerThreshold::value>("value", "A number of tasks, or percent of desiredCount, rounded up.")
          .range(1, 10'000));
}

template <>
Type Describe<DeploymentCircuitBreaker>::type() {
  return object<DeploymentCircuitBreaker>(
      "DeploymentCircuitBreaker",
      "Gives up a deployment when so many of its tasks have failed in a row, without one that stays up in between: "
      "they ended by themselves, did not start, or failed their health checks.",
      field<&DeploymentCircuitBreaker::enable>("enable", "Whether a deployment may be given up."),
      field<&DeploymentCircuitBreaker::rollback>(
          "rollback",
          "Goes back to the last deployment that was completed. Without it, or without such a one, the "
          "deployment stays as it is and starts no more tasks."),
      field<&DeploymentCircuitBreaker::threshold_configuration>("thresholdConfiguration",
                                                                "How many failures; else 50 BOUNDED_PERCENT."));
}

template <>
Type Describe<DeploymentStrategy>::type() {
  return enumeration<DeploymentStrategy>("DeploymentStrategy",
                                         "ROLLING: as fast as the percentages allow. CANARY: a few tasks first, the "
                                         "rest when they have proved themselves. "
                                         "LINEAR: in equal steps.",
                                         {"ROLLING", "CANARY", "LINEAR"});
}

template <>
Type Describe<CanaryConfiguration>::type() {
  return object<CanaryConfiguration>(
      "CanaryConfiguration", "How many new tasks come first, and for how long they must be healthy.",
      field<&CanaryConfiguration::canary_percent>("canaryPercent", "Percent of desiredCount, rounded up.")
          .range(1, 100),
      field<&CanaryConfiguration::canary_bake_time_in_minutes>("canaryBakeTimeInMinutes",
                                                               "How long they must all be healthy.")
          .range(0, 1440)
          .keep_zero());
}

template <>
Type Describe<LinearConfiguration>::type() {
  return object<LinearConfiguration>(
      "LinearConfiguration", "How many new tasks each step adds, and for how long they must be healthy.",
      field<&LinearConfiguration::step_percent>("stepPercent", "Percent of desiredCount, rounded up.").range(3, 100),
      field<&LinearConfiguration::step_bake_time_in_minutes>("stepBakeTimeInMinutes",
                                                             "How long they must all be healthy.")
          .range(0, 1440)
          .keep_zero());
}

template <>
Type Describe<DeploymentConfiguration>::type() {
  return object<DeploymentConfiguration>(
      "DeploymentConfiguration", "How many tasks there may and must be while a new configuration rolls out.",
      field<&DeploymentConfiguration::maximum_percent>(
          "maximumPercent",
          "The most tasks that may exist during a rollout, in percent of desiredCount, rounded down. "
          "100 with DAEMON.")
          .range(100, 1000)
          .keep_zero(),
      field<&DeploymentConfiguration::minimum_healthy_percent>(
          "minimumHealthyPercent",
          "The healthy tasks that must remain during a rollout, in percent of desiredCount, "
          "rounded up. With DAEMON the default is 0, and 100, under which no task could ever be "
          "replaced, counts as not given.")
          .range(0, 100)
          .keep_zero(),
      field<&DeploymentConfiguration::minimum_healthy_time>(
          "minimumHealthyTime", "How long a task without a health check must have been RUNNING to count as healthy.")
          .between(Duration{}, std::chrono::hours(1)),
      field<&DeploymentConfiguration::rollout_on_config_change>(
          "rolloutOnConfigChange",
          "Also rolls out anew when the contents of a Secret or ConfigMap change that the task definition refers to."),
      field<&DeploymentConfiguration::deployment_circuit_breaker>(
          "deploymentCircuitBreaker", "When to give up a deployment whose tasks keep failing, and what to do then."),
      field<&DeploymentConfiguration::progress_deadline>(
          "progressDeadline",
          "Gives up a deployment of which no further task has become healthy for so long, as the circuit breaker does; "
          "its rollback holds here too. Absent: it may take any time.")
          .between(Duration{}, std::chrono::hours(24)),
      field<&DeploymentConfiguration::strategy>(
          "strategy",
          "ROLLING (when absent), CANARY or LINEAR. The last two go on step by step, by the number of new tasks."),
      field<&DeploymentConfiguration::canary_configuration>("canaryConfiguration", "The one step of CANARY."),
      field<&DeploymentConfiguration::linear_configuration>("linearConfiguration", "The steps of LINEAR."),
      field<&DeploymentConfiguration::pause_after_step>(
          "pauseAfterStep",
          "Each step waits for a person (muster rollout promote, or abort) instead of its bake time. Not of ECS."));
}

template <>
Type Describe<ServiceSpec>::type() {
  return object<ServiceSpec>(
      "ServiceSpec", "How many tasks of which definition to keep running, and how to replace them.",
      field<&ServiceSpec::task_definition>("taskDefinition",
                                           "\"web\" follows the newest revision of the family, \"web:3\" "
                                           "stays on that one.")
          .required()
          .pattern(patterns::definition_reference),
      field<&ServiceSpec::cluster>("cluster", "The cluster of the namespace; filled at creation.")
          .immutable()
          .pattern(patterns::ecs_name),
      field<&ServiceSpec::scheduling_strategy>("schedulingStrategy", "REPLICA or DAEMON.").immutable(),
      field<&ServiceSpec::desired_count>("desiredCount", "How many tasks to keep running. Not with DAEMON.")
          .range(0, limits::tasks_per_service)
          .keep_zero(),
      field<&ServiceSpec::deployment_configuration>("deploymentConfiguration", "The limits of a rollout."),
      field<&ServiceSpec::placement_constraints>("placementConstraints", "Rules that a host must satisfy.")
          .max_items(10)
          .atomic(),
      field<&ServiceSpec::placement_strategy>("placementStrategy",
                                              "Preferences among the hosts. Not with DAEMON. Absent: "
                                              "spread over zones, then over hosts.")
          .max_items(5)
          .atomic(),
      field<&ServiceSpec::health_check_grace_period_seconds>(
          "healthCheckGracePeriodSeconds",
          "Seconds after a task is RUNNING in which failing health checks do not replace "
          "it.")
          .range(0, 2'147'483'647),
      field<&ServiceSpec::lost_after>("lostAfter",
                                      "How long a host may be unreachable before this service replaces its "
                                      "tasks there. Absent: as the cluster says.")
          .between(std::chrono::milliseconds(100), std::chrono::hours(24)),
      field<&ServiceSpec::paused>("paused",
                                  "No rollout begins, and one that is under way goes no further: tasks that end are "
                                  "replaced by tasks of the same configuration."));
}

template <>
Type Describe<DeploymentStatus>::type() {
  return enumeration<DeploymentStatus>("DeploymentStatus",
                                       "PRIMARY: the newest. ACTIVE: older, with tasks left. INACTIVE: replaced.",
                                       {"PRIMARY", "ACTIVE", "INACTIVE"});
}

template <>
Type Describe<RolloutState>::type() {
  return enumeration<RolloutState>("DeploymentRolloutState", "How far the rollout is.",
                                   {"IN_PROGRESS", "COMPLETED", "FAILED"});
}

template <>
Type Describe<DeploymentFailure>::type() {
  return enumeration<DeploymentFailure>(
      "DeploymentFailure",
      "CIRCUIT_BREAKER: its tasks kept failing. PROGRESS_DEADLINE: nothing became healthy for too long. ABORTED: "
      "somebody gave it up.",
      {"", "CIRCUIT_BREAKER", "PROGRESS_DEADLINE", "ABORTED"});
}

template <>
Type Describe<Deployment>::type() {
  return object<Deployment>(
      "Deployment", "One configuration of the service that has, or is getting, tasks.",
      field<&Deployment::id>("id", "\"ecs-svc/\" and 19 digits.").required(),
      field<&Deployment::status>("status", "PRIMARY, ACTIVE or INACTIVE."),
      field<&Deployment::task_definition>("taskDefinition", "The revision, \"family:N\"."),
      field<&Deployment::task_set>("taskSet", "The TaskSet that carries the deployment."),
      field<&Deployment::desired_count>("desiredCount", "How many tasks it is meant to have.").keep_zero(),
      field<&Deployment::pending_count>("pendingCount", "Tasks that are starting.").keep_zero(),
      field<&Deployment::running_count>("runningCount", "Tasks that run.").keep_zero(),
      field<&Deployment::failed_tasks>("failedTasks", "Tasks that failed in a row.").keep_zero(),
      field<&Deployment::rollout_state>("rolloutState", "IN_PROGRESS, COMPLETED or FAILED."),
      field<&Deployment::rollout_state_reason>("rolloutStateReason", "The same for people."),
      field<&Deployment::created_at>("createdAt", "When it was made."),
      field<&Deployment::updated_at>("updatedAt", "When it last changed."));
}

template <>
Type Describe<ServiceStatus>::type() {
  return object<ServiceStatus>(
      "ServiceStatus", "What the service controller observes.",
      field<&ServiceStatus::observed_generation>("observedGeneration",
                                                 "The metadata.generation that this status belongs to.")
          .keep_zero()
          .written_by(Writer::service),
      field<&ServiceStatus::status>("status", "ACTIVE; DRAINING while it is being deleted.")
          .written_by(Writer::service),
      field<&ServiceStatus::task_definition>("taskDefinition", "The revision that is being or was rolled out.")
          .written_by(Writer::service),
      field<&ServiceStatus::desired_count>("desiredCount",
                                           "How many tasks are wanted; with DAEMON the number of hosts.")
          .keep_zero()
          .written_by(Writer::service),
      field<&ServiceStatus::running_count>("runningCount", "Tasks that run.").keep_zero().written_by(Writer::service),
      field<&ServiceStatus::pending_count>("pendingCount", "Tasks that are waiting for a host or starting.")
          .keep_zero()
          .written_by(Writer::service),
      field<&ServiceStatus::healthy_count>("healthyCount", "Tasks that run and are healthy.")
          .keep_zero()
          .written_by(Writer::service),
      field<&ServiceStatus::deployments>("deployments", "The configurations that have tasks, the newest first.")
          .keyed_by("id")
          .written_by(Writer::service),
      field<&ServiceStatus::selector>("selector", "The label selector of its tasks, for `scale`.")
          .written_by(Writer::service),
      field<&ServiceStatus::conditions>("conditions", "Ready, Progressing and Stalled, as GitOps tools read them.")
          .keyed_by("type")
          .written_by(Writer::service));
}

template <>
Type Describe<Service>::type() {
  return kind_object<Service>("Service",
                              "Keeps a number of tasks of one definition running, and replaces them when the "
                              "definition changes.",
                              field<&Service::metadata>("metadata", "Name, labels and bookkeeping."),
                              field<&Service::spec>("spec", "What is wanted.").required(),
                              field<&Service::status>("status", "What is observed.").written_by(Writer::service));
}

template <>
Type Describe<TaskSetSpec>::type() {
  return object<TaskSetSpec>(
      "TaskSetSpec", "Everything that a task of this configuration is made from.",
      field<&TaskSetSpec::service>("service", "The service that owns the set.")
          .required()
          .immutable()
          .pattern(patterns::ecs_name),
      field<&TaskSetSpec::task_definition>("taskDefinition", "The revision, \"family:N\".")
          .required()
          .immutable()
          .pattern(patterns::revision_name),
      field<&TaskSetSpec::cluster>("cluster", "The cluster of the service.").immutable().pattern(patterns::ecs_name),
      field<&TaskSetSpec::deployment_id>("deploymentId", "\"ecs-svc/\" and 19 digits.").immutable(),
      field<&TaskSetSpec::restarted_at>("restartedAt",
                                        "The service's annotation muster.dev/restartedAt when the set was "
                                        "made.")
          .immutable(),
      field<&TaskSetSpec::config_references>(
          "configReferences",
          "The Secrets and ConfigMaps that the definition refers to: \"secret/NAME\", "
          "\"configmap/NAME\".")
          .immutable()
          .atomic(),
      field<&TaskSetSpec::config_hash>("configHash",
                                       "Which state of them the set was made with: a hash of their uids and "
                                       "generations, not of their contents.")
          .immutable(),
      field<&TaskSetSpec::placement_constraints>("placementConstraints",
                                                 "Those of the service; they follow it and concern "
                                                 "tasks placed later.")
          .max_items(10)
          .atomic(),
      field<&TaskSetSpec::placement_strategy>("placementStrategy",
                                              "Those of the service; they follow it and concern tasks "
                                              "placed later.")
          .max_items(5)
          .atomic());
}

template <>
Type Describe<ContainerImage>::type() {
  return object<ContainerImage>(
      "ContainerImage", "The image that a container of the deployment's tasks runs.",
      field<&ContainerImage::container_name>("containerName", "The name in the task definition.").required(),
      field<&ContainerImage::image>("image", "The image as the task definition names it."),
      field<&ContainerImage::image_digest>("imageDigest", "Its digest in the registry."),
      field<&ContainerImage::image_id>("imageId",
                                       "The container engine's own id of the image, when it came from no registry."));
}

template <>
Type Describe<TaskSetStatus>::type() {
  return object<TaskSetStatus>(
      "TaskSetStatus", "What the service controller observes of this configuration.",
      field<&TaskSetStatus::observed_generation>("observedGeneration",
                                                 "The metadata.generation that this status belongs to.")
          .keep_zero()
          .written_by(Writer::service),
      field<&TaskSetStatus::status>("status", "PRIMARY, ACTIVE or INACTIVE.").written_by(Writer::service),
      field<&TaskSetStatus::desired_count>("desiredCount", "How many tasks it is meant to have now.")
          .keep_zero()
          .written_by(Writer::service),
      field<&TaskSetStatus::running_count>("runningCount", "Tasks that run.").keep_zero().written_by(Writer::service),
      field<&TaskSetStatus::pending_count>("pendingCount", "Tasks that are waiting for a host or starting.")
          .keep_zero()
          .written_by(Writer::service),
      field<&TaskSetStatus::failed_tasks>("failedTasks", "Tasks that failed in a row.")
          .keep_zero()
          .written_by(Writer::service),
      field<&TaskSetStatus::rollout_state>("rolloutState", "IN_PROGRESS, COMPLETED or FAILED.")
          .written_by(Writer::service),
      field<&TaskSetStatus::rollout_state_reason>("rolloutStateReason", "The same for people.")
          .written_by(Writer::service),
      field<&TaskSetStatus::updated_at>("updatedAt", "When the rollout last made progress.")
          .written_by(Writer::service),
      field<&TaskSetStatus::completed_at>("completedAt", "When the rollout was completed.").written_by(Writer::service),
      field<&TaskSetStatus::failure>("failure", "Why the rollout was given up.").written_by(Writer::service),
      field<&TaskSetStatus::progress>("progress", "The most healthy tasks that it has had.")
          .written_by(Writer::service),
      field<&TaskSetStatus::progressed_at>("progressedAt", "When it last had more of them than before.")
          .written_by(Writer::service),
      field<&TaskSetStatus::step>("step", "Steps of a canary or linear rollout that are over.")
          .written_by(Writer::service),
      field<&TaskSetStatus::step_healthy_at>("stepHealthyAt", "Since when all tasks of the present step are healthy.")
          .written_by(Writer::service),
      field<&TaskSetStatus::container_images>(
          "containerImages", "What the first task of the set found its images to be; later tasks run exactly that.")
          .keyed_by("containerName")
          .written_by(Writer::service),
      field<&TaskSetStatus::conditions>("conditions", "Observations about the set.")
          .keyed_by("type")
          .written_by(Writer::service));
}

template <>
Type Describe<TaskSet>::type() {
  return kind_object<TaskSet>(
      "TaskSet",
      "One rolled-out configuration of a service: ECS's deployment. Made and deleted by the service "
      "controller.",
      field<&TaskSet::metadata>("metadata", "Name, owner and bookkeeping."),
      field<&TaskSet::spec>("spec", "The configuration. Only placement follows the service.").required(),
      field<&TaskSet::status>("status", "What is observed.").written_by(Writer::service));
}

}  // namespace muster
