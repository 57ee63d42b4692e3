// ECS's placement constraints and strategies, and the attributes they speak of.
#pragma once

#include <optional>
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

// Kubernetes: what a task puts up with.
enum class TolerationOperator { equal, exists };
struct Toleration {
  std::string key;  // empty: any; only with exists
  TolerationOperator op = TolerationOperator::equal;
  std::string value;                  // only with equal
  std::optional<TaintEffect> effect;  // unset: any
  bool operator==(const Toleration&) const = default;
};

bool tolerates(const std::vector<Toleration>& tolerations, const Taint& taint);
// The first taint of that effect, or that keeps new tasks away (NoSchedule, NoExecute), that is not put up with; null
// when there is none.
const Taint* untolerated(const std::vector<Taint>& taints, const std::vector<Toleration>& tolerations,
                         TaintEffect effect);
const Taint* forbidding(const std::vector<Taint>& taints, const std::vector<Toleration>& tolerations);

}  // namespace muster
