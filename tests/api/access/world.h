// Small worlds of roles and bindings.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/access/policy.h"
#include "api/state/state.h"
#include "api/types/builtin.h"
#include "api/types/rbac.h"

namespace muster::access::testing {

using Words = std::vector<std::string>;

inline PolicyRule on(Words verbs, Words groups, Words resources, Words names = {}) {
  return {std::move(verbs), std::move(groups), std::move(resources), std::move(names), {}};
}
inline PolicyRule on_paths(Words verbs, Words paths) {
  return {std::move(verbs), {}, {}, {}, std::move(paths)};
}

template <class T>
T named(std::string name, std::string ns = {}) {
  T object = make<T>();
  object.metadata.name = std::move(name);
  object.metadata.ns = std::move(ns);
  return object;
}

inline ClusterRole cluster_role(std::string name, std::vector<PolicyRule> rules) {
  auto role = named<ClusterRole>(std::move(name));
  role.rules = std::move(rules);
  return role;
}
inline Role role(std::string ns, std::string name, std::vector<PolicyRule> rules) {
  auto out = named<Role>(std::move(name), std::move(ns));
  out.rules = std::move(rules);
  return out;
}
inline RoleBinding binding(std::string ns, std::string name, std::string kind, std::string role,
                           std::vector<Subject> subjects) {
  auto out = named<RoleBinding>(std::move(name), std::move(ns));
  out.role_ref = {std::string(rbac_group), std::move(kind), std::move(role)};
  out.subjects = std::move(subjects);
  return out;
}
inline ClusterRoleBinding cluster_binding(std::string name, std::string role, std::vector<Subject> subjects) {
  auto out = named<ClusterRoleBinding>(std::move(name));
  out.role_ref = {std::string(rbac_group), "ClusterRole", std::move(role)};
  out.subjects = std::move(subjects);
  return out;
}
inline Subject user(std::string name) {
  return {"User", std::string(rbac_group), std::move(name), {}};
}
inline Subject group(std::string name) {
  return {"Group", std::string(rbac_group), std::move(name), {}};
}
inline Subject account(std::string ns, std::string name) {
  return {"ServiceAccount", {}, std::move(name), std::move(ns)};
}

// "get muster.dev/tasks/log default/x": verb, group/resource[/subresource], namespace/name; or "get /metrics".
struct Question {
  const char* verb;
  const char* group = "";
  const char* resource = "";
  const char* subresource = "";
  const char* ns = "";
  const char* name = "";
  const char* path = "";
};
inline Attributes asked(const User& who, const Question& question) {
  return {&who,        question.verb, question.group, question.resource, question.subresource,
          question.ns, question.name, question.path};
}
inline User person(std::string name, Words groups = {}) {
  User out;
  out.name = std::move(name);
  out.groups = std::move(groups);
  return out;
}

}  // namespace muster::access::testing
