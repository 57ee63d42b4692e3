// Placement strategies as an order over instances: the chain of a task becomes levels that are compared one after
// another.
#pragma once

#include <string>
#include <vector>

#include "api/base/error.h"
#include "api/types/placement.h"

namespace muster::scheduler {

enum class LevelKind {
  tasks_of_attribute,  // spread over an attribute: tasks of the group on instances with the same value
  tasks_of_instance,   // spread over instances: tasks of the group on the instance
  free_cpu,            // binpack: the least that is left
  free_memory,
};
struct Level {
  LevelKind kind = LevelKind::tasks_of_instance;
  std::string attribute;
  bool operator==(const Level&) const = default;
};

// Lower is better, level by level. What is equal on all levels is drawn when `random`, else the first by the
// attributes spread over and by name is taken.
struct Ranking {
  std::vector<Level> levels;
  bool random = false;
  bool operator==(const Ranking&) const = default;
};

inline constexpr std::size_t attribute_levels_most = 5;  // ECS: five strategies a service

// Without a strategy: the availability zone with the fewest tasks of the group, then the instance with the fewest
// (ECS). Among instances that the named strategies hold equal: the one with the fewest tasks of the group.
Result<Ranking> ranking_of(const std::vector<PlacementStrategy>& strategies);

}  // namespace muster::scheduler
