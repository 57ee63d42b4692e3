// What is wanted of one task, as plain values: the words between the agent's shell and this pure core.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/types/task.h"

namespace muster::task {

// Whose containers they are: the labels by which an agent tells its own from others on the same engine.
struct Identity {
  std::string cluster_uid, instance_uid;
  std::string cluster;  // the cluster's name
  bool operator==(const Identity&) const = default;
};

// What becomes of the containers once the task has stopped.
enum class Remains { keep, remove };

struct DesiredTask {
  std::string ns, name, uid;
  TaskSpec spec;
  // Null while the definition is unknown: nothing is started then, what exists can be stopped and removed.
  std::shared_ptr<const TaskDefinitionSpec> definition;
  Remains remains = Remains::keep;  // remove: the task is stopped first if it still runs
};

// The part of the name behind `family:`, 0 when there is none.
std::int64_t revision_number(const std::string& task_definition);
// The part of the name before `:`.
std::string family_of(const std::string& task_definition);

}  // namespace muster::task
