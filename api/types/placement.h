// ECS's placement constraints and strategies, and the attributes they speak of.
#pragma once

#include <string>
#include <vector>

namespace muster {

enum class ConstraintType { member_of, distinct_instance };
struct PlacementConstraint {
  ConstraintType type = ConstraintType::member_of;
  std::string expression;  // cluster query language; only with memberOf
  bool operator==(const PlacementConstraint&) const = default;
};

enum class StrategyType { random, spread, binpack };
struct PlacementStrategy {
  StrategyType type = StrategyType::random;
  std::string field;  // instanceId, host, attribute:NAME; cpu, memory
  bool operator==(const PlacementStrategy&) const = default;
};

// ECS: an attribute of a container instance; the value may be absent.
struct Attribute {
  std::string name, value;
  bool operator==(const Attribute&) const = default;
};

enum class TaintEffect { no_schedule, prefer_no_schedule, no_execute };
struct Taint {
  std::string key, value;
  TaintEffect effect = TaintEffect::no_schedule;
  bool operator==(const Taint&) const = default;
};

}  // namespace muster
