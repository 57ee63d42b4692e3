#include "api/types/task.h"

#include "api/types/describe_kind.h"
#include "api/types/patterns.h"

namespace muster {

template <>
Type Describe<LastStatus>::type() {
  return enumeration<LastStatus>(
      "TaskLastStatus",
      "PROVISIONING: no host yet. PENDING: waiting for the agent, or starting. RUNNING: every "
      "container runs. STOPPED: all have ended. It only moves forward.",
      {"PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"});
}

template <>
Type Describe<DesiredStatus>::type() {
  return enumeration<DesiredStatus>("TaskDesiredStatus", "What the task is meant to do.", {"RUNNING", "STOPPED"});
}

template <>
Type Describe<HealthStatus>::type() {
  return enumeration<HealthStatus>(
      "HealthStatus", "The verdict of health checks; UNKNOWN until there is one, and where there is no check.",
      {"UNKNOWN", "HEALTHY", "UNHEALTHY"});
}

template <>
Type Describe<ReadinessStatus>::type() {
  return enumeration<ReadinessStatus>(
      "ReadinessStatus", "The verdict of readiness checks; absent until there is one, and where there is no check.",
      {"", "READY", "NOT_READY"});
}

template <>
Type Describe<StopCode>::type() {
  return enumeration<StopCode>("TaskStopCode", "Why a task stopped, as one word.",
                               {"", "TaskFailedToStart", "EssentialContainerExited", "UserInitiated",
                                "ServiceSchedulerInitiated", "TerminationNotice"});
}

template <>
Type Describe<ContainerOverride>::type() {
  return object<ContainerOverride>(
      "ContainerOverride", "Replaces parts of one container definition for this task.",
      field<&ContainerOverride::name>("name", "The container of the task definition.")
          .required()
          .pattern(patterns::ecs_name),
      field<&ContainerOverride::command>("command", "Replaces the command.").atomic(),
      field<&ContainerOverride::environment>("environment", "Added to the environment; the same name is replaced.")
          .keyed_by("name"),
      field<&ContainerOverride::environment_files>("environmentFiles", "Replaces the files of environment variables.")
          .max_items(10)
          .atomic(),
      field<&ContainerOverride::cpu>("cpu", "Replaces the CPU units.").range(0, 196'608),
      field<&ContainerOverride::memory>("memory", "Replaces the hard limit, in MiB.").range(6, 1'073'741'824),
      field<&ContainerOverride::memory_reservation>("memoryReservation", "Replaces the reservation, in MiB.")
          .range(1, 1'073'741'824),
      field<&ContainerOverride::resource_requirements>("resourceRequirements", "Replaces the GPUs.").keyed_by("type"));
}

template <>
Type Describe<TaskOverride>::type() {
  return object<TaskOverride>(
      "TaskOverride", "Replaces parts of the task definition for this task.",
      field<&TaskOverride::container_overrides>("containerOverrides", "One entry for a container.")
          .max_items(10)
          .keyed_by("name"),
      field<&TaskOverride::cpu>("cpu", "Replaces the CPU of the task.").pattern(patterns::cpu),
      field<&TaskOverride::memory>("memory", "Replaces the memory of the task.").pattern(patterns::memory));
}

template <>
Type Describe<TaskSpec>::type() {
  return object<TaskSpec>(
      "TaskSpec", "What the task runs, and where.",
      field<&TaskSpec::task_definition>(
          "taskDefinition", "The revision to run, \"family:N\"; a family alone becomes its newest revision.")
          .required()
          .immutable()
          .pattern(patterns::definition_reference),
      field<&TaskSpec::cluster>("cluster", "The cluster of the namespace; filled at creation.")
          .immutable()
          .pattern(patterns::ecs_name),
      field<&TaskSpec::group>("group",
                              "What the task belongs to: \"service:NAME\" or \"family:FAMILY\", or a word of "
                              "the caller. Placement can spread over it.")
          .immutable()
          .max_length(255),
      field<&TaskSpec::started_by>("startedBy",
                                   "Who started the task: the deployment of a service, or the caller's word.")
          .immutable()
          .max_length(128),
      field<&TaskSpec::container_instance>("containerInstance",
                                           "The host. Set once, by the scheduler; a wish for one host is a placement "
                                           "constraint.")
          .pattern(patterns::ecs_name)
          .written_by(Writer::scheduler),
      field<&TaskSpec::desired_status>("desiredStatus", "RUNNING, or STOPPED to stop the task for good."),
      field<&TaskSpec::stop_code>("stopCode", "Why desiredStatus became STOPPED."),
      field<&TaskSpec::stopped_reason>("stoppedReason", "The same for people.").max_length(1024),
      field<&TaskSpec::overrides>("overrides", "Replaces parts of the task definition.").immutable(),
      field<&TaskSpec::placement_constraints>("placementConstraints",
                                              "Rules that the host must satisfy, beside those of the task definition. "
                                              "A task of a service or run takes theirs instead.")
          .max_items(10)
          .atomic()
          .immutable(),
      field<&TaskSpec::placement_strategy>("placementStrategy",
                                           "Preferences among the hosts. A task of a service or run "
                                           "takes theirs instead.")
          .max_items(5)
          .atomic()
          .immutable(),
      field<&TaskSpec::slot>("slot", "The task's place among the tasks of its owner.")
          .range(0, 1'000'000)
          .immutable()
          .written_by(Writer::service),
      field<&TaskSpec::attempt>("attempt", "Counts the tasks of the slot, from 0.")
          .range(0, 2'147'483'647)
          .immutable()
          .written_by(Writer::service),
      field<&TaskSpec::consecutive_failures>(
          "consecutiveFailures",
          "How many tasks of the slot failed in a row just before this one; a longer "
          "row means a longer pause before the next.")
          .range(0, 2'147'483'647)
          .immutable()
          .written_by(Writer::service));
}

template <>
Type Describe<NetworkBinding>::type() {
  return object<NetworkBinding>(
      "NetworkBinding", "Where a port of the container is reachable.",
      field<&NetworkBinding::bind_ip>("bindIP", "The address of the host that the port is bound to."),
      field<&NetworkBinding::container_port>("containerPort", "The port in the container."),
      field<&NetworkBinding::host_port>("hostPort", "The port of the host."),
      field<&NetworkBinding::protocol>("protocol", "tcp or udp."),
      field<&NetworkBinding::container_port_range>("containerPortRange",
                                                   "Of a range, \"FIRST-LAST\": the ports in the container."),
      field<&NetworkBinding::host_port_range>("hostPortRange", "Of a range, \"FIRST-LAST\": the ports of the host."));
}

template <>
Type Describe<ContainerLastStatus>::type() {
  return enumeration<ContainerLastStatus>("ContainerLastStatus", "What the container does.",
                                          {"PENDING", "RUNNING", "STOPPED"});
}

template <>
Type Describe<ContainerStatus>::type() {
  return object<ContainerStatus>(
      "ContainerStatus", "One container of the task, as the agent sees it.",
      field<&ContainerStatus::name>("name", "The name in the task definition.").required(),
      field<&ContainerStatus::image>("image", "The image it was made from."),
      field<&ContainerStatus::image_digest>("imageDigest", "The digest of the image in its registry."),
      field<&ContainerStatus::image_id>("imageId",
                                        "The container engine's own id of the image, when it came from no registry."),
      field<&ContainerStatus::runtime_id>("runtimeId", "The id in the container engine, or the process id."),
      field<&ContainerStatus::last_status>("lastStatus", "PENDING, RUNNING or STOPPED."),
      field<&ContainerStatus::exit_code>("exitCode", "The exit code, once it ended; 128 and the signal when killed.")
          .keep_zero(),
      field<&ContainerStatus::reason>("reason", "What went wrong, \"ErrorName: text\"."),
      field<&ContainerStatus::health_status>("healthStatus", "The verdict of its health check."),
      field<&ContainerStatus::readiness_status>("readinessStatus", "The verdict of its readiness check."),
      field<&ContainerStatus::network_bindings>("networkBindings", "Where its ports are reachable.").atomic(),
      field<&ContainerStatus::gpu_ids>("gpuIds", "The GPUs of the host that it has for itself.").atomic(),
      field<&ContainerStatus::restart_count>("restartCount", "How often its restart policy has started it again."),
      field<&ContainerStatus::started_at>("startedAt", "When it started."),
      field<&ContainerStatus::finished_at>("finishedAt", "When it ended."));
}

template <>
Type Describe<TaskStatus>::type() {
  return object<TaskStatus>(
      "TaskStatus", "What the agent observes; until the task has a host, what the scheduler found.",
      field<&TaskStatus::last_status>("lastStatus", "The state of the task.").written_by(Writer::agent),
      field<&TaskStatus::health_status>("healthStatus", "The worst verdict over the essential containers with a check.")
          .written_by(Writer::agent),
      field<&TaskStatus::readiness_status>("readinessStatus", "READY when all containers with a readiness check are.")
          .written_by(Writer::agent),
      field<&TaskStatus::stop_code>("stopCode", "Why the task stopped.").written_by(Writer::agent),
      field<&TaskStatus::stopped_reason>("stoppedReason", "The same for people.").written_by(Writer::agent),
      field<&TaskStatus::created_at>("createdAt", "When the task got its host.").written_by(Writer::scheduler),
      field<&TaskStatus::pull_started_at>("pullStartedAt", "When the first image pull began.")
          .written_by(Writer::agent),
      field<&TaskStatus::pull_stopped_at>("pullStoppedAt", "When the last image pull ended.").written_by(Writer::agent),
      field<&TaskStatus::started_at>("startedAt", "When all containers had started.").written_by(Writer::agent),
      field<&TaskStatus::stopping_at>("stoppingAt", "When stopping began.").written_by(Writer::agent),
      field<&TaskStatus::stopped_at>("stoppedAt", "When all containers had ended.").written_by(Writer::agent),
      field<&TaskStatus::execution_stopped_at>("executionStoppedAt", "When the first essential container ended.")
          .written_by(Writer::agent),
      field<&TaskStatus::containers>("containers", "The containers.").keyed_by("name").written_by(Writer::agent),
      field<&TaskStatus::conditions>("conditions", "Placed: has a host, or why not. Lost: the host is gone.")
          .keyed_by("type")
          .written_by(Writer::scheduler));
}

template <>
Type Describe<Task>::type() {
  return kind_object<Task>(
      "Task",
      "Containers placed together on one host. A task never moves: its replacement is a new task. Tasks "
      "are made by services and runs; one made by hand is not replaced.",
      field<&Task::metadata>("metadata", "The uid is the ECS task id."),
      field<&Task::spec>("spec", "What is wanted.").required(),
      field<&Task::status>("status", "What is observed.").written_by(Writer::agent));
}

bool is_lost(const Task& task) {
  return is_true(task.status.conditions, "Lost");
}

}  // namespace muster
