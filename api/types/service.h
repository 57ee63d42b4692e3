// Service and TaskSet: a number of identical tasks, and one rolled-out configuration of them.
#pragma once

#include "api/types/condition.h"
#include "api/types/placement.h"
#include "api/types/task.h"

namespace muster {

enum class SchedulingStrategy { replica, daemon };

enum class ThresholdType { count, bounded_percent, unbounded_percent };

// ECS: DeploymentCircuitBreaker. Whether to give up a deployment whose tasks keep failing, and what then.
struct CircuitBreakerThreshold {
  ThresholdType type = ThresholdType::bounded_percent;
  std::int32_t value = 50;
  bool operator==(const CircuitBreakerThreshold&) const = default;
};
struct DeploymentCircuitBreaker {
  bool enable = false;
  bool rollback = false;
  std::optional<CircuitBreakerThreshold> threshold_configuration;
  bool operator==(const DeploymentCircuitBreaker&) const = default;
};

// ECS: how a new configuration takes over. Here by counts of tasks.
enum class DeploymentStrategy { rolling, canary, linear };
struct CanaryConfiguration {
  std::int32_t canary_percent = 5;
  std::int32_t canary_bake_time_in_minutes = 10;
  bool operator==(const CanaryConfiguration&) const = default;
};
struct LinearConfiguration {
  std::int32_t step_percent = 10;
  std::int32_t step_bake_time_in_minutes = 6;
  bool operator==(const LinearConfiguration&) const = default;
};

struct DeploymentConfiguration {
  std::int32_t maximum_percent = 200;
  std::int32_t minimum_healthy_percent = 100;
  Duration minimum_healthy_time{};        // ours: RUNNING for so long counts as healthy, without a health check
  bool rollout_on_config_change = false;  // ours: a change of a Secret or ConfigMap that the tasks use
  DeploymentCircuitBreaker deployment_circuit_breaker;
  Duration progress_deadline{};                // ours; zero: none
  std::optional<DeploymentStrategy> strategy;  // unset: rolling
  std::optional<CanaryConfiguration> canary_configuration;
  std::optional<LinearConfiguration> linear_configuration;
  bool pause_after_step = false;  // ours: a person lets it go on
  bool operator==(const DeploymentConfiguration&) const = default;
};

struct ServiceSpec {
  std::string task_definition;  // "web" follows the newest active revision, "web:3" pins
  std::string cluster;
  SchedulingStrategy scheduling_strategy = SchedulingStrategy::replica;
  std::int32_t desired_count = 1;
  DeploymentConfiguration deployment_configuration;
  std::vector<PlacementConstraint> placement_constraints;
  std::vector<PlacementStrategy> placement_strategy;
  std::int32_t health_check_grace_period_seconds = 0;
  std::optional<Duration> lost_after;  // moves the replacement of this service's own tasks
  bool paused = false;                 // Kubernetes: no rollout begins or goes on
  bool operator==(const ServiceSpec&) const = default;
};

enum class DeploymentStatus { primary, active, inactive };
enum class RolloutState { in_progress, completed, failed };
enum class DeploymentFailure { none, circuit_breaker, progress_deadline, aborted };

// One entry of a service's deployments, made from its TaskSets. ECS: Deployment.
struct Deployment {
  std::string id;  // "ecs-svc/<19 digits>"
  DeploymentStatus status = DeploymentStatus::primary;
  std::string task_definition;
  std::string task_set;
  std::int32_t desired_count = 0, pending_count = 0, running_count = 0, failed_tasks = 0;
  RolloutState rollout_state = RolloutState::in_progress;
  std::string rollout_state_reason;
  Time created_at{}, updated_at{};
  bool operator==(const Deployment&) const = default;
};

struct ServiceStatus {
  std::int64_t observed_generation = 0;
  std::string status = "ACTIVE";
  std::string task_definition;  // the revision being rolled out
  std::int32_t desired_count = 0, running_count = 0, pending_count = 0, healthy_count = 0;
  std::vector<Deployment> deployments;
  std::string selector;  // label selector of its tasks, for the scale subresource
  Conditions conditions;
  bool operator==(const ServiceStatus&) const = default;
};

struct Service : Object {
  using base_of_kind = Object;
  ServiceSpec spec;
  ServiceStatus status;
};

// Everything a task of this configuration is made from. Immutable but for the two of placement, which are not a new
// deployment (ECS): they follow the service and concern tasks placed later.
struct TaskSetSpec {
  std::string service;
  std::string task_definition;  // always "family:N"
  std::string cluster;
  std::string deployment_id;                   // "ecs-svc/<19 digits>"
  std::string restarted_at;                    // the service's annotation muster.dev/restartedAt when the set was made
  std::vector<std::string> config_references;  // "secret/db": what the definition takes values from
  std::string config_hash;                     // of their state when the set was made; tells nothing of the values
  std::vector<PlacementConstraint> placement_constraints;
  std::vector<PlacementStrategy> placement_strategy;
  bool operator==(const TaskSetSpec&) const = default;
};

// What one container of a task runs: exactly one of digest and id. ECS: ContainerImage.
struct ContainerImage {
  std::string container_name, image;
  std::string image_digest;  // of the manifest in its registry
  std::string image_id;      // the engine's own, of an image that came from no registry
  bool operator==(const ContainerImage&) const = default;
};

struct TaskSetStatus {
  std::int64_t observed_generation = 0;
  DeploymentStatus status = DeploymentStatus::primary;
  std::int32_t desired_count = 0, running_count = 0, pending_count = 0, failed_tasks = 0;
  RolloutState rollout_state = RolloutState::in_progress;
  std::string rollout_state_reason;
  Time updated_at{}, completed_at{};
  DeploymentFailure failure = DeploymentFailure::none;  // why it was given up
  std::int32_t progress = 0;                            // the most healthy tasks that it has had
  Time progressed_at{};                                 // since when; not while it waits for time or people
  std::int32_t step = 0;                                // of a canary or linear rollout: steps that are over
  Time step_healthy_at{};                               // since when the tasks of the present one are healthy
  // What the first task that said so runs, and with it all later ones; never changed once it is known.
  std::vector<ContainerImage> container_images;
  Conditions conditions;
  bool operator==(const TaskSetStatus&) const = default;
};

struct TaskSet : Object {
  using base_of_kind = Object;
  TaskSetSpec spec;
  TaskSetStatus status;
};

}  // namespace muster
