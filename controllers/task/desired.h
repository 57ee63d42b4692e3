// What is wanted of one task, as plain values: the words between the agent's shell and this pure core.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/types/service.h"

namespace muster::task {

// Whose containers they are. An agent tells its own from others on the same engine by the cluster's uid and the
// instance's name: an instance that was deleted and made anew keeps the tasks that are still placed on it.
struct Identity {
  std::string cluster_uid, instance_uid;
  std::string cluster, instance;  // their names
  bool operator==(const Identity&) const = default;
};

// What the container must run, by its deployment; null: whatever its image means on this host now.
const ContainerImage* pinned_image(const std::vector<ContainerImage>& images, const ContainerDefinition& container);

// What becomes of the containers once the task has stopped.
enum class Remains { keep, remove };

// What keeps a container from being made although it is its turn.
struct Obstacle {
  enum class Kind { wait, fail } kind = Kind::wait;
  std::string reason;  // begins with an ECS error name
  bool operator==(const Obstacle&) const = default;
};
// What the reason of an Obstacle that will pass begins with; the status shows it for as long as it holds.
inline constexpr std::string_view waiting_reason = "ResourceInitializationError: waiting for ";

struct DesiredTask {
  std::string ns, name, uid;
  TaskSpec spec;
  // Null while the definition is unknown: nothing is started then, what exists can be stopped and removed.
  std::shared_ptr<const TaskDefinitionSpec> definition;
  // What the deployment's first task found these images to be; empty while that is not known, or for no deployment.
  std::vector<ContainerImage> images;
  std::map<std::string, Obstacle> obstacles;  // by container
  Remains remains = Remains::keep;            // remove: the task is stopped first if it still runs
};

// The part of the name behind `family:`, 0 when there is none.
std::int64_t revision_number(const std::string& task_definition);
// The part of the name before `:`.
std::string family_of(const std::string& task_definition);

}  // namespace muster::task
