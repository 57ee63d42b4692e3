// The rules over several fields of the kinds other than task definitions.
#include <algorithm>
#include <set>

#include "api/base/text.h"
#include "api/query/query.h"
#include "api/schema/describe.h"
#include "api/types/checks.h"
#include "api/types/host_access.h"
#include "api/types/kinds.h"
#include "api/types/names.h"
#include "api/types/overrides.h"

namespace muster {
namespace {

void check_strategy(const PlacementStrategy& strategy, const Findings& at) {
  switch (strategy.type) {
    case StrategyType::random:
      if (!strategy.field.empty()) at.forbidden("field", "may not be used with random");
      return;
    case StrategyType::spread: {
      constexpr std::string_view prefix = "attribute:";
      const std::string field = to_lower(strategy.field);
      const bool attribute = field.starts_with(prefix) && is_attribute_name(field.substr(prefix.size()));
      if (field.empty()) {
        at.required("field", "instanceId, host or attribute:NAME");
      } else if (field != "instanceid" && field != "host" && !attribute) {
        at.invalid("field", strategy.field, "must be instanceId, host or attribute:NAME with spread");
      }
      return;
    }
    case StrategyType::binpack: {
      const std::string field = to_lower(strategy.field);
      if (field.empty()) {
        at.required("field", "cpu or memory");
      } else if (field != "cpu" && field != "memory") {
        at.invalid("field", strategy.field, "must be cpu or memory with binpack");
      }
      return;
    }
  }
}

// A broken expression would leave every task of its owner waiting for a host.
void check_expression(const std::string& expression, const Findings& at) {
  if (trim(expression).empty()) {
    at.required("expression", "memberOf needs an expression");
    return;
  }
  if (expression.size() > query::expression_bytes) return;  // found by the field's own limit
  const auto query = query::Query::parse(expression);
  if (!query.ok()) at.invalid("expression", expression, query.error().message);
}

void check_daemon(const ServiceSpec& spec, const Findings& findings) {
  if (spec.desired_count != ServiceSpec{}.desired_count) {
    findings.forbidden("desiredCount", "may not be used with schedulingStrategy DAEMON: every host gets one task");
  }
  if (!spec.placement_strategy.empty()) {
    findings.forbidden("placementStrategy", "may not be used with schedulingStrategy DAEMON");
  }
  if (spec.deployment_configuration.strategy.value_or(DeploymentStrategy::rolling) != DeploymentStrategy::rolling) {
    findings.forbidden(
        "deploymentConfiguration.strategy",
        "must be ROLLING with schedulingStrategy DAEMON: minimumHealthyPercent says how many hosts at once");
  }
  if (spec.deployment_configuration.maximum_percent != 100) {
    findings.invalid("deploymentConfiguration.maximumPercent", spec.deployment_configuration.maximum_percent,
                     "must be 100 with schedulingStrategy DAEMON");
  }
}

}  // namespace

void check_placement(const std::vector<PlacementConstraint>& constraints,
                     const std::vector<PlacementStrategy>& strategies, const Findings& findings) {
  for (std::size_t i = 0; i < constraints.size(); ++i) {
    const PlacementConstraint& constraint = constraints[i];
    const Findings at = findings.under("placementConstraints", i);
    if (constraint.type == ConstraintType::member_of) {
      check_expression(constraint.expression, at);
    } else if (!constraint.expression.empty()) {
      at.forbidden("expression", "may not be used with distinctInstance");
    }
  }
  for (std::size_t i = 0; i < strategies.size(); ++i) {
    check_strategy(strategies[i], findings.under("placementStrategy", i));
  }
}

void check(const TaskDefinition& object, const Findings& findings) {
  if (object.spec.family != object.metadata.name) {
    findings.invalid("spec.family", object.spec.family, "must be equal to metadata.name");
  }
  check_task_definition(object.spec, findings.under("spec"));
}

void check(const TaskDefinitionRevision& object, const Findings& findings) {
  const auto reference = parse_definition_reference(object.metadata.name);
  if (reference && reference->family != object.spec.family) {
    findings.invalid("spec.family", object.spec.family, "must be the family in metadata.name");
  }
  check_task_definition(object.spec, findings.under("spec"));
}

void check(const Service& object, const Findings& findings) {
  const Findings at = findings.under("spec");
  check_placement(object.spec.placement_constraints, object.spec.placement_strategy, at);
  if (object.spec.scheduling_strategy == SchedulingStrategy::daemon) check_daemon(object.spec, at);
}

void check(const TaskSet& object, const Findings& findings) {
  check_placement(object.spec.placement_constraints, object.spec.placement_strategy, findings.under("spec"));
}

void check(const Task& object, const Findings& findings) {
  const Findings at = findings.under("spec");
  check_placement(object.spec.placement_constraints, object.spec.placement_strategy, at);
  check_overrides(object.spec.overrides, at.under("overrides"));
}

void check(const TaskRun& object, const Findings& findings) {
  const Findings at = findings.under("spec");
  check_placement(object.spec.placement_constraints, object.spec.placement_strategy, at);
  check_overrides(object.spec.overrides, at.under("overrides"));
}

void check(const ContainerInstance& object, const Findings& findings) {
  std::set<std::pair<std::string_view, TaintEffect>> seen;
  for (std::size_t i = 0; i < object.spec.taints.size(); ++i) {
    const Taint& taint = object.spec.taints[i];
    if (seen.emplace(taint.key, taint.effect).second) continue;
    findings.duplicate(str("spec.taints[", i, ']'), str(taint.key, ':', name_of(taint.effect)));
  }
}

void check(const Namespace& object, const Findings& findings) {
  const auto found = object.metadata.annotations.find(host_access_annotation);
  if (found == object.metadata.annotations.end()) return;
  const auto allowance = HostAllowance::parse(found->second);
  if (allowance.ok()) return;
  findings.invalid(str("metadata.annotations[", host_access_annotation, ']'), found->second, allowance.error().message);
}

void check(const Event& object, const Findings& findings) {
  const std::string& ns = object.involved_object.ns;
  if (!ns.empty() && ns != object.metadata.ns) {
    findings.invalid("involvedObject.namespace", ns, "must be equal to metadata.namespace");
  }
  if (!object.type.empty() && object.type != "Normal" && object.type != "Warning") {
    findings.invalid("type", object.type, "must be Normal or Warning");
  }
}

}  // namespace muster
