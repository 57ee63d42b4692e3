// What the engine says about one container of a task, and what is being done to it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/types/task.h"

namespace muster::task {

// What can be done to one container. `pull` makes its image present.
enum class StepKind { pull, create, start, stop, remove };

enum class Phase { absent, created, running, exited };

struct ObservedContainer {
  std::string name;  // in the task definition
  Phase phase = Phase::absent;
  std::optional<StepKind> under_way;  // a step whose outcome is not known yet
  std::optional<std::int32_t> exit_code;
  bool out_of_memory = false;
  std::string error;  // the engine's text when a start failed
  Time started_at{}, finished_at{};
  HealthStatus health = HealthStatus::unknown;
  ReadinessStatus readiness = ReadinessStatus::unknown;  // as the agent's own checks of this run have it
  std::vector<NetworkBinding> bindings;
  std::string id, image_id;
  std::vector<std::string> gpu_ids;
  bool operator==(const ObservedContainer&) const = default;
};

// The container of that name, or null: absent, and nothing is being done to it.
const ObservedContainer* find(const std::vector<ObservedContainer>& observed, const std::string& name);

}  // namespace muster::task
