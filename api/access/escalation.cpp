#include "api/access/escalation.h"

#include <type_traits>

#include "api/access/rules.h"
#include "api/base/text.h"

namespace muster::access {
namespace {

bool may(const Policy& policy, const User& user, std::string_view verb, const Kind& kind, std::string_view ns,
         std::string_view name) {
  Attributes attributes;
  attributes.user = &user;
  attributes.verb = verb;
  attributes.group = kind.group;
  attributes.resource = kind.plural;
  attributes.ns = ns;
  attributes.name = name;
  return policy.decide(attributes).allowed;
}

Status check_held(const Policy& policy, const User& user, const std::vector<PolicyRule>& wanted, const Object& object) {
  RulesOf held = policy.rules_of(user, object.metadata.ns);
  std::vector<PolicyRule>& rules = held.resource_rules;
  rules.insert(rules.end(), held.non_resource_rules.begin(), held.non_resource_rules.end());
  TRY(const auto missing, not_covered(rules, wanted));
  if (missing.empty()) return {};
  std::string text =
      str(object.kind->resource(), " \"", object.metadata.name, "\" is forbidden: user \"", user.name, "\" (groups=[");
  for (std::size_t i = 0; i < user.groups.size(); ++i) text += str(i > 0 ? " " : "", '"', user.groups[i], '"');
  text += "]) is attempting to grant RBAC permissions not currently held:";
  for (const PolicyRule& rule : missing) text += str('\n', rule_text(rule));
  return Error{Code::forbidden, std::move(text), {}};
}

// What Kubernetes asks of who says of which others a role is made: anything may be labelled so later.
Status check_aggregation(const Policy& policy, const User& user, const ClusterRole& role, const ClusterRole* stored) {
  if (!role.aggregation_rule || (stored != nullptr && stored->aggregation_rule == role.aggregation_rule)) return {};
  const PolicyRule every_resource{{"*"}, {"*"}, {"*"}, {}, {}};
  const PolicyRule every_path{{"*"}, {}, {}, {}, {"*"}};
  return check_held(policy, user, {every_resource, every_path}, role);
}

template <class T>
Status check_role(const Policy& policy, const User& user, const T& role, const Object* stored) {
  const auto* before = static_cast<const T*>(stored);
  // By its labels a role's rules may come into others.
  bool same = before != nullptr && before->rules == role.rules;
  if constexpr (std::is_same_v<T, ClusterRole>) {
    same = same && before->metadata.labels == role.metadata.labels && before->aggregation_rule == role.aggregation_rule;
  }
  if (same || may(policy, user, escalate_verb, *role.kind, role.metadata.ns, role.metadata.name)) return {};
  if constexpr (std::is_same_v<T, ClusterRole>) TRY_VOID(check_aggregation(policy, user, role, before));
  return check_held(policy, user, role.rules, role);
}

template <class T>
Status check_binding(const Policy& policy, const User& user, const T& binding, const Object* stored) {
  const RoleRef& role = binding.role_ref;
  if (stored != nullptr) {
    const auto& before = static_cast<const T&>(*stored);
    if (before.role_ref == role && before.subjects == binding.subjects) return {};
  }
  const std::string& ns = binding.metadata.ns;
  const Kind& kind = role.kind == "Role" ? kind_of<Role>() : kind_of<ClusterRole>();
  if (may(policy, user, bind_verb, kind, ns, role.name)) return {};
  const std::vector<PolicyRule>* rules = policy.rules_of_role(role, ns);
  if (rules == nullptr) return Error{Code::not_found, str(kind.resource(), " \"", role.name, "\" not found"), {}};
  return check_held(policy, user, *rules, binding);
}

}  // namespace

Status check_escalation(const Policy& policy, const User& user, const Object& object, const Object* stored) {
  if (user.in_group(masters_group)) return {};
  if (const auto* role = as<Role>(&object)) return check_role(policy, user, *role, stored);
  if (const auto* role = as<ClusterRole>(&object)) return check_role(policy, user, *role, stored);
  if (const auto* binding = as<RoleBinding>(&object)) return check_binding(policy, user, *binding, stored);
  if (const auto* binding = as<ClusterRoleBinding>(&object)) return check_binding(policy, user, *binding, stored);
  return {};
}

}  // namespace muster::access
