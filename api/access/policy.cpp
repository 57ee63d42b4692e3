#include "api/access/policy.h"

#include <algorithm>

#include "api/access/rules.h"
#include "api/base/text.h"

namespace muster::access {
namespace {

constexpr std::string_view user_word = "User ";
constexpr std::string_view group_word = "Group ";

// The subject's name in the index; empty for subjects that nobody can be.
std::string subject_key(const Subject& subject, std::string_view binding_ns) {
  if (subject.kind == "User") return str(user_word, subject.name);
  if (subject.kind == "Group") return str(group_word, subject.name);
  const std::string_view ns = subject.ns.empty() ? binding_ns : std::string_view(subject.ns);
  if (subject.kind != "ServiceAccount" || ns.empty()) return {};
  return str(user_word, service_account_prefix, ns, ':', subject.name);
}

bool is_rbac(const Kind* kind) {
  return kind == &kind_of<Role>() || kind == &kind_of<ClusterRole>() || kind == &kind_of<RoleBinding>() ||
         kind == &kind_of<ClusterRoleBinding>();
}

PolicyRule everything() {
  return {{"*"}, {"*"}, {"*"}, {}, {}};
}

}  // namespace

Policy::Policy(const State& state) {
  for (const Kind* kind :
       {&kind_of<Role>(), &kind_of<ClusterRole>(), &kind_of<RoleBinding>(), &kind_of<ClusterRoleBinding>()}) {
    state.each(*kind, {}, [this](const ObjectPtr& object) { return edit(object, Edit::add), true; });
  }
}

void Policy::apply(const Change& change) {
  if (!is_rbac(change.object().kind)) return;
  if (change.before != nullptr) edit(change.before, Edit::remove);
  if (change.after != nullptr) edit(change.after, Edit::add);
}

void Policy::edit(const ObjectPtr& object, Edit edit) {
  if (const auto* binding = as<RoleBinding>(object.get())) {
    return edit_binding(binding->subjects, binding->role_ref, *binding, edit);
  }
  if (const auto* binding = as<ClusterRoleBinding>(object.get())) {
    return edit_binding(binding->subjects, binding->role_ref, *binding, edit);
  }
  const std::vector<PolicyRule>* rules = nullptr;
  if (const auto* role = as<Role>(object.get())) rules = &role->rules;
  if (const auto* role = as<ClusterRole>(object.get())) rules = &role->rules;
  RoleKey key(object->metadata.ns, object->metadata.name);
  if (edit == Edit::remove) {
    roles_.erase(key);
  } else {
    roles_[std::move(key)] = std::shared_ptr<const std::vector<PolicyRule>>(object, rules);
  }
}

void Policy::edit_binding(const std::vector<Subject>& subjects, const RoleRef& role, const Object& binding, Edit edit) {
  const std::string& ns = binding.metadata.ns;
  if (role.kind != "ClusterRole" && (role.kind != "Role" || ns.empty())) return;  // validation lets no such through
  const Grant grant{binding.metadata.name, role.kind == "Role" ? ns : std::string(), role.name};
  for (const Subject& subject : subjects) {
    const std::string key = subject_key(subject, ns);
    if (key.empty()) continue;
    if (edit == Edit::add) {
      subjects_[key][ns].insert(grant);
      continue;
    }
    const auto grants = subjects_.find(key);
    if (grants == subjects_.end()) continue;  // named twice
    const auto there = grants->second.find(ns);
    if (there == grants->second.end()) continue;
    there->second.erase(grant);
    if (there->second.empty()) grants->second.erase(there);
    if (grants->second.empty()) subjects_.erase(grants);
  }
}

void Policy::each_grant(const User& user, std::string_view ns, const Visit& visit) const {
  std::vector<std::string> keys = {str(user_word, user.name)};
  for (const std::string& group : user.groups) keys.push_back(str(group_word, group));
  for (const std::string_view scope : {std::string_view(), ns}) {
    for (const std::string& key : keys) {
      const auto subject = subjects_.find(key);
      if (subject == subjects_.end()) continue;
      const auto grants = subject->second.find(scope);
      if (grants == subject->second.end()) continue;
      for (const Grant& grant : grants->second) {
        const auto role = roles_.find(RoleKey(grant.role_ns, grant.role));
        if (role != roles_.end() && !visit(key, scope, grant, *role->second)) return;
      }
    }
    if (ns.empty()) return;
  }
}

Decision Policy::decide(const Attributes& attributes) const {
  if (attributes.user->in_group(masters_group)) return {true, str("member of ", masters_group)};
  Decision decision;
  const std::string_view ns = attributes.is_resource() ? attributes.ns : std::string_view();
  each_grant(*attributes.user, ns,
             [&](const std::string& subject, std::string_view scope, const Grant& grant,
                 const std::vector<PolicyRule>& rules) {
               decision.allowed = std::any_of(rules.begin(), rules.end(),
                                              [&](const PolicyRule& rule) { return matches(rule, attributes); });
               if (!decision.allowed) return true;
               const std::string binding = scope.empty() ? str("ClusterRoleBinding \"", grant.binding, '"')
                                                         : str("RoleBinding \"", scope, '/', grant.binding, '"');
               const auto space = subject.find(' ');
               decision.reason =
                   str("RBAC: allowed by ", binding, " of ", grant.role_ns.empty() ? "ClusterRole" : "Role", " \"",
                       grant.role, "\" to ", subject.substr(0, space), " \"", subject.substr(space + 1), '"');
               return false;
             });
  return decision;
}

RulesOf Policy::rules_of(const User& user, std::string_view ns) const {
  RulesOf out;
  if (user.in_group(masters_group)) {
    out.resource_rules.push_back(everything());
    out.non_resource_rules.push_back({{"*"}, {}, {}, {}, {"*"}});
  }
  each_grant(user, ns,
             [&out](const std::string&, std::string_view scope, const Grant&, const std::vector<PolicyRule>& rules) {
               for (const PolicyRule& rule : rules) {
                 if (!rule.resources.empty()) out.resource_rules.push_back(rule);
                 if (!rule.non_resource_urls.empty() && scope.empty()) out.non_resource_rules.push_back(rule);
               }
               return true;
             });
  return out;
}

const std::vector<PolicyRule>* Policy::rules_of_role(const RoleRef& role, std::string_view ns) const {
  const auto found = roles_.find(RoleKey(role.kind == "Role" ? std::string(ns) : std::string(), role.name));
  return found == roles_.end() ? nullptr : found->second.get();
}

bool Policy::operator==(const Policy& other) const {
  return subjects_ == other.subjects_ && std::equal(roles_.begin(), roles_.end(), other.roles_.begin(),
                                                    other.roles_.end(), [](const auto& left, const auto& right) {
                                                      return left.first == right.first && *left.second == *right.second;
                                                    });
}

}  // namespace muster::access
