#include "api/types/placement.h"

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
                                  "place. NoExecute: no new tasks, and running ones are stopped.",
                                  {"NoSchedule", "PreferNoSchedule", "NoExecute"});
}

template <>
Type Describe<Taint>::type() {
  return object<Taint>("Taint", "Keeps tasks away from a container instance.",
                       field<&Taint::key>("key", "The name of the taint.").required().pattern(patterns::qualified_name),
                       field<&Taint::value>("value", "More about it.").pattern(patterns::label_value),
                       field<&Taint::effect>("effect", "What the taint does."));
}

}  // namespace muster
