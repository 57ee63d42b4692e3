// Who may do what: the kinds of rbac.authorization.k8s.io.
#pragma once

#include "api/types/meta.h"

namespace muster {

inline constexpr std::string_view rbac_group = "rbac.authorization.k8s.io";

struct PolicyRule {
  std::vector<std::string> verbs, api_groups, resources, resource_names, non_resource_urls;
  bool operator==(const PolicyRule&) const = default;
};
struct RoleRef {
  std::string api_group, kind, name;
  bool operator==(const RoleRef&) const = default;
};
struct Subject {
  std::string kind, api_group, name, ns;
  bool operator==(const Subject&) const = default;
};

struct Role : Object {
  using base_of_kind = Object;
  std::vector<PolicyRule> rules;
};
struct RoleExpression {
  std::string key, op;  // In, NotIn, Exists, DoesNotExist
  std::vector<std::string> values;
  bool operator==(const RoleExpression&) const = default;
};
struct RoleSelector {
  Labels match_labels;
  std::vector<RoleExpression> match_expressions;
  bool operator==(const RoleSelector&) const = default;
};
struct AggregationRule {
  std::vector<RoleSelector> cluster_role_selectors;
  bool operator==(const AggregationRule&) const = default;
};
struct ClusterRole : Object {
  using base_of_kind = Object;
  std::vector<PolicyRule> rules;
  std::optional<AggregationRule> aggregation_rule;
};
struct RoleBinding : Object {
  using base_of_kind = Object;
  std::vector<Subject> subjects;
  RoleRef role_ref;
};
struct ClusterRoleBinding : Object {
  using base_of_kind = Object;
  std::vector<Subject> subjects;
  RoleRef role_ref;
};

}  // namespace muster
