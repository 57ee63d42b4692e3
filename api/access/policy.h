// Kubernetes' RBAC over the roles and bindings of a state, compiled so that a decision looks only at what the user is
// bound to. A fold of commits: applying every change gives the same as building anew. A value; reading it is safe from
// any thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/attributes.h"
#include "api/state/state.h"
#include "api/types/rbac.h"

namespace muster::access {

struct Decision {
  bool allowed = false;
  std::string reason;  // which binding allows it; empty when nothing does
};

// What somebody may do in one namespace; names and order as found, with repetitions.
struct RulesOf {
  std::vector<PolicyRule> resource_rules, non_resource_rules;
};

class Policy {
 public:
  Policy() = default;
  // From all roles and bindings of the state.
  explicit Policy(const State& state);

  // A change of any kind; those of other kinds than roles and bindings cost nothing.
  void apply(const Change& change);

  // What roles say. Members of system:masters may do everything.
  Decision decide(const Attributes& attributes) const;
  // Everything that `user` may do in the namespace; an empty one: cluster-wide.
  RulesOf rules_of(const User& user, std::string_view ns) const;
  // The rules of the role that is meant by a binding in the namespace; null when there is none.
  const std::vector<PolicyRule>* rules_of_role(const RoleRef& role, std::string_view ns) const;

  bool operator==(const Policy& other) const;

 private:
  // A binding as one of its subjects sees it.
  struct Grant {
    std::string binding;  // its name
    std::string role_ns;  // empty: a ClusterRole
    std::string role;
    auto operator<=>(const Grant&) const = default;
  };
  using Grants = std::map<std::string, std::set<Grant>, std::less<>>;  // by namespace; empty: cluster-wide
  using RoleKey = std::pair<std::string, std::string>;                 // namespace and name

  enum class Edit { add, remove };
  void edit(const ObjectPtr& object, Edit edit);
  void edit_binding(const std::vector<Subject>& subjects, const RoleRef& role, const Object& binding, Edit edit);
  // Calls back for each grant that holds in the namespace, cluster-wide ones first, until it answers false.
  using Visit = std::function<bool(const std::string& subject, std::string_view ns, const Grant& grant,
                                   const std::vector<PolicyRule>& rules)>;
  void each_grant(const User& user, std::string_view ns, const Visit& visit) const;

  // Rules live in the stored objects.
  std::map<RoleKey, std::shared_ptr<const std::vector<PolicyRule>>> roles_;
  std::map<std::string, Grants, std::less<>> subjects_;  // "User ann", "Group team"
};

}  // namespace muster::access
