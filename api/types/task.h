// Task: containers placed together on one instance. Never moved: a replacement is a new task.
#pragma once

#include "api/types/condition.h"
#include "api/types/task_definition.h"

namespace muster {

// ECS's lastStatus, in order; it only moves forward.
enum class LastStatus { provisioning, pending, activating, running, deactivating, stopping, deprovisioning, stopped };
enum class DesiredStatus { running, stopped };
enum class HealthStatus { unknown, healthy, unhealthy };
enum class ReadinessStatus { unknown, ready, not_ready };
enum class StopCode {
  none,
  task_failed_to_start,
  essential_container_exited,
  user_initiated,
  service_scheduler_initiated,
  termination_notice,
};

struct ContainerOverride {
  std::string name;
  std::vector<std::string> command;
  std::vector<KeyValuePair> environment;           // merged by name
  std::vector<EnvironmentFile> environment_files;  // not empty: instead of the definition's
  std::optional<std::int32_t> cpu, memory, memory_reservation;
  std::vector<ResourceRequirement> resource_requirements;  // not empty: instead of the definition's
  bool operator==(const ContainerOverride&) const = default;
};
struct TaskOverride {
  std::vector<ContainerOverride> container_overrides;
  std::string cpu, memory;
  bool operator==(const TaskOverride&) const = default;
};

// All that an agent needs to start a task of this definition, credentials for registries included; sorted, each once.
std::vector<ConfigReference> config_references(const TaskDefinitionSpec& definition, const TaskOverride& overrides);

struct TaskSpec {
  std::string task_definition;  // "web:3"; a family alone is resolved at admission
  std::string cluster;
  std::string group;                                      // "service:web" or "family:web"
  std::string started_by;                                 // the deployment id of a service, or the caller's word
  std::string container_instance;                         // set once, by the scheduler
  DesiredStatus desired_status = DesiredStatus::running;  // goes once from RUNNING to STOPPED
  StopCode stop_code = StopCode::none;                    // why desiredStatus became STOPPED
  std::string stopped_reason;
  TaskOverride overrides;
  std::vector<PlacementConstraint> placement_constraints;  // a task of a TaskSet or TaskRun takes its owner's instead
  std::vector<PlacementStrategy> placement_strategy;
  std::int32_t slot = 0;                  // of its owner
  std::int32_t attempt = 0;               // counts the tasks of the slot, from 0
  std::int32_t consecutive_failures = 0;  // how many tasks of the slot failed in a row just before this one
  bool operator==(const TaskSpec&) const = default;
};

struct NetworkBinding {
  std::string bind_ip;
  std::int32_t container_port = 0, host_port = 0;
  Protocol protocol = Protocol::tcp;
  std::string container_port_range = {}, host_port_range = {};  // "8000-8009", instead of the two ports
  bool operator==(const NetworkBinding&) const = default;
};

enum class ContainerLastStatus { pending, running, stopped };
struct ContainerStatus {
  std::string name, image, runtime_id;
  std::string image_digest;  // of the manifest in its registry
  std::string image_id;      // the engine's own, of an image that came from no registry
  ContainerLastStatus last_status = ContainerLastStatus::pending;
  std::int32_t restart_count = 0;  // by its restart policy; stands here because every task has one of these
  std::optional<std::int32_t> exit_code;
  std::string reason;
  HealthStatus health_status = HealthStatus::unknown;
  ReadinessStatus readiness_status = ReadinessStatus::unknown;
  std::vector<NetworkBinding> network_bindings;
  std::vector<std::string> gpu_ids;  // that the agent has given it, before it was made
  Time started_at{}, finished_at{};
  bool operator==(const ContainerStatus&) const = default;
};

struct TaskStatus {
  LastStatus last_status = LastStatus::provisioning;
  HealthStatus health_status = HealthStatus::unknown;
  ReadinessStatus readiness_status = ReadinessStatus::unknown;
  StopCode stop_code = StopCode::none;
  std::string stopped_reason;
  Time created_at{}, pull_started_at{}, pull_stopped_at{}, started_at{}, stopping_at{}, stopped_at{},
      execution_stopped_at{};
  std::vector<ContainerStatus> containers;
  Conditions conditions;  // Placed (scheduler), Lost (instance)
  bool operator==(const TaskStatus&) const = default;
};

struct Task : Object {
  using base_of_kind = Object;
  TaskSpec spec;
  TaskStatus status;
};

inline bool is_stopped(const Task& task) {
  return task.status.last_status == LastStatus::stopped;
}
inline bool wants_stop(const Task& task) {
  return task.spec.desired_status == DesiredStatus::stopped;
}
// Has the condition Lost: counts as neither running nor pending (design.md section 9).
bool is_lost(const Task& task);

}  // namespace muster
