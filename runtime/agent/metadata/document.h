// A task and its containers as the task metadata endpoint of ECS, version 4, shows them (ECS's documentation of the
// "task metadata endpoint version 4 response"). Pure. Nothing of a container's environment is in it, so no value of a
// Secret is; options of log drivers are those that stand in the definition.
#pragma once

#include <string>
#include <vector>

#include "api/schema/node.h"
#include "api/types/task.h"
#include "controllers/task/desired.h"

namespace muster::agent::metadata {

// What only the host knows of one container.
struct Found {
  std::string container;  // in the definition
  std::string host_name, ip_address, image_id;
  Time created_at{};
};

// What is referred to outlives it.
struct Seen {
  const task::DesiredTask& desired;
  const TaskStatus& status;
  const task::Identity& identity;
  std::string zone;  // may be empty
  std::vector<Found> containers;
};

// The container must be in the definition.
Node container_document(const Seen& task, const std::string& container);
Node task_document(const Seen& task);

}  // namespace muster::agent::metadata
