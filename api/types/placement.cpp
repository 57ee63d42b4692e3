#include "api/types/placement.h"

#include <algorithm>

#include "api/schema/describe.h"
#include "api/types/patterns.h"

namespace muster {

template <>
Type Describe<ConstraintType>::type() {
  return enumeration<ConstraintType>("PlacementConstraintType",
                                     "memberOf: only instances for which the expression is true. distinctInstance: at "
                                     "most one task of the group on an instance.",
                                     {"memberOf", "distinctInstance"});
}

template <>
Type Describe<PlacementConstraint>::type() {
  return object<PlacementConstraint>(
      "PlacementConstraint", "A rule that a container instance must satisfy to get the task.",
      field<&PlacementConstraint::type>("type", "memberOf or distinctInstance."),
      field<&PlacementConstraint::expression>(
          "expression",
          "With memberOf: an expression of ECS's cluster query language over the attributes of instances, "
          "for example \"attribute:zone == a\".")
          .max_length(2000));
}

template <>
Type Describe<StrategyType>::type() {
  return enumeration<StrategyType>("PlacementStrategyType",
                                   "random: any instance. spread: evenly over the values of the field. binpack: on the "
                                   "instance with the least left of the field.",
                                   {"random", "spread", "binpack"});
}

template <>
Type Describe<PlacementStrategy>::type() {
  return object<PlacementStrategy>(
      "PlacementStrategy", "A preference among the instances that a task may run on. Strategies are applied in order.",
      field<&PlacementStrategy::type>("type", "random, spread or binpack."),
      field<&PlacementStrategy::field>("field",
                                       "What to spread over (instanceId, host or attribute:NAME) or to pack by "
                                       "(cpu, memory). Not used with random.")
          .max_length(255));
}

template <>
Type Describe<Attribute>::type() {
  return object<Attribute>("Attribute",
                           "A fact about a container instance that constraints and strategies can speak of.",
                           field<&Attribute::name>("name", "For example \"zone\" or \"ecs.os-type\".")
                               .required()
                               .pattern(patterns::attribute_name),
                           field<&Attribute::value>("value", "May be absent.").pattern(patterns::attribute_value));
}

template <>
Type Describe<TaintEffect>::type() {
  return enumeration<TaintEffect>("TaintEffect",
                                  "NoSchedule: no new tasks. PreferNoSchedule: new tasks only when there is no other "
                                  "place. NoExecute: no new tasks, and services move theirs to other instances, "
                                  "within their bounds.",
                                  {"NoSchedule", "PreferNoSchedule", "NoExecute"});
}

template <>
Type Describe<TolerationOperator>::type() {
  return enumeration<TolerationOperator>("TolerationOperator",
                                         "Equal: taints of that key and value. Exists: taints of that key, whatever "
                                         "their value.",
                                         {"Equal", "Exists"});
}

template <>
Type Describe<Toleration>::type() {
  return object<Toleration>(
      "Toleration", "Taints of container instances that a task puts up with. It draws no task to them.",
      field<&Toleration::key>("key", "The name of the taint. Absent, with Exists: every taint.")
          .pattern(patterns::qualified_name),
      field<&Toleration::op>("operator", "How the taint's value is compared."),
      field<&Toleration::value>("value", "The taint's value, with Equal.").pattern(patterns::label_value),
      field<&Toleration::effect>("effect", "Only taints of this effect. Absent: of any."));
}

template <>
Type Describe<Taint>::type() {
  return object<Taint>("Taint", "Keeps tasks away from a container instance.",
                       field<&Taint::key>("key", "The name of the taint.").required().pattern(patterns::qualified_name),
                       field<&Taint::value>("value", "More about it.").pattern(patterns::label_value),
                       field<&Taint::effect>("effect", "What the taint does."));
}

bool tolerates(const std::vector<Toleration>& tolerations, const Taint& taint) {
  return std::ranges::any_of(tolerations, [&](const Toleration& each) {
    if (each.effect && *each.effect != taint.effect) return false;
    if (!each.key.empty() && each.key != taint.key) return false;
    return each.op == TolerationOperator::exists || each.value == taint.value;
  });
}

const Taint* untolerated(const std::vector<Taint>& taints, const std::vector<Toleration>& tolerations,
                         TaintEffect effect) {
  const auto found = std::ranges::find_if(
      taints, [&](const Taint& each) { return each.effect == effect && !tolerates(tolerations, each); });
  return found == taints.end() ? nullptr : &*found;
}

const Taint* forbidding(const std::vector<Taint>& taints, const std::vector<Toleration>& tolerations) {
  const auto found = std::ranges::find_if(taints, [&](const Taint& each) {
    return each.effect != TaintEffect::prefer_no_schedule && !tolerates(tolerations, each);
  });
  return found == taints.end() ? nullptr : &*found;
}

}  // namespace muster
