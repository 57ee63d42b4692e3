#include "api/access/bootstrap.h"

#include <algorithm>

#include "api/access/attributes.h"
#include "api/base/text.h"
#include "api/types/rbac.h"

namespace muster::access {
namespace {

using Words = std::vector<std::string>;

constexpr std::string_view autoupdate = "rbac.authorization.kubernetes.io/autoupdate";
constexpr std::string_view aggregate_to = "rbac.authorization.k8s.io/aggregate-to-";
constexpr std::string_view ours = "muster.dev";
constexpr std::string_view controllers_group = "system:controllers";

const Words& reading() {
  static const Words verbs = {"get", "list", "watch"};
  return verbs;
}
const Words& writing() {
  static const Words verbs = {"create", "delete", "deletecollection", "patch", "update"};
  return verbs;
}

PolicyRule rule(Words verbs, std::string_view group, Words resources) {
  return {std::move(verbs), {std::string(group)}, std::move(resources), {}, {}};
}
PolicyRule paths(Words paths) {
  return {{"get"}, {}, {}, {}, std::move(paths)};
}

void mark(Object& object) {
  object.metadata.labels["kubernetes.io/bootstrapping"] = "rbac-defaults";
  object.metadata.annotations[std::string(autoupdate)] = "true";
}

class Builder {
 public:
  void role(std::string_view name, std::vector<PolicyRule> rules) {
    auto role = std::make_shared<ClusterRole>(make<ClusterRole>());
    role->metadata.name = name;
    role->rules = std::move(rules);
    mark(*role);
    objects.push_back(std::move(role));
  }
  // A role that gathers those labelled aggregate-to-NAME: one that holds its rules, what an administrator adds, and, up
  // to `above`, the role itself. Its rules stand in it at once, as the controller would gather them.
  void aggregated(std::string_view name, std::string_view above, std::vector<PolicyRule> rules) {
    role(str("system:aggregate-to-", name), rules);
    objects.back()->metadata.labels[str(aggregate_to, name)] = "true";
    role(name, std::move(rules));
    auto& made = static_cast<ClusterRole&>(*objects.back());
    made.aggregation_rule = AggregationRule{{RoleSelector{{{str(aggregate_to, name), "true"}}, {}}}};
    if (!above.empty()) made.metadata.labels[str(aggregate_to, above)] = "true";
  }
  void bind(std::string_view name, std::vector<Subject> subjects) {
    auto binding = std::make_shared<ClusterRoleBinding>(make<ClusterRoleBinding>());
    binding->metadata.name = name;
    binding->role_ref = {std::string(rbac_group), "ClusterRole", std::string(name)};
    binding->subjects = std::move(subjects);
    mark(*binding);
    objects.push_back(std::move(binding));
  }
  std::vector<std::shared_ptr<Object>> objects;
};

Subject group(std::string_view name) {
  return {"Group", std::string(rbac_group), std::string(name), {}};
}
Subject user(std::string name) {
  return {"User", std::string(rbac_group), std::move(name), {}};
}

// What users read in a namespace; Secrets are not among it.
std::vector<PolicyRule> view_rules() {
  return {
      rule(reading(), ours,
           {"services", "services/scale", "services/status", "taskdefinitions", "taskdefinitionrevisions", "tasksets",
            "tasks", "tasks/status", "tasks/log", "taskruns", "taskruns/status", "scheduledtasks",
            "scheduledtasks/status", "scalingpolicies", "scalingpolicies/status", "gitsyncs", "gitsyncs/status"}),
      rule(reading(), "",
           {"configmaps", "events", "namespaces", "namespaces/status", "pods", "pods/log", "pods/status",
            "serviceaccounts"}),
      rule(reading(), "discovery.k8s.io", {"endpointslices"}),
      rule(reading(), "metrics.k8s.io", {"pods"}),
  };
}

std::vector<PolicyRule> edit_rules() {
  std::vector<PolicyRule> rules = view_rules();
  rules.push_back(rule(writing(), ours,
                       {"services", "services/scale", "taskdefinitions", "tasks", "taskruns", "scheduledtasks",
                        "scalingpolicies", "gitsyncs"}));
  rules.push_back(rule({"create", "get"}, ours, {"tasks/attach", "tasks/exec", "tasks/portforward"}));
  rules.push_back(rule(writing(), "", {"configmaps", "secrets", "serviceaccounts"}));
  rules.push_back(rule(reading(), "", {"secrets"}));
  rules.push_back(rule({"delete", "deletecollection"}, "", {"pods"}));
  rules.push_back(rule({"create"}, "", {"pods/eviction"}));
  rules.push_back(rule({"create", "get"}, "", {"pods/attach", "pods/exec", "pods/portforward"}));
  rules.push_back(rule({"create"}, "", {"serviceaccounts/token"}));
  rules.push_back(rule({"impersonate"}, "", {"serviceaccounts"}));
  return rules;
}

std::vector<PolicyRule> admin_rules() {
  std::vector<PolicyRule> rules = edit_rules();
  Words all = reading();
  all.insert(all.end(), writing().begin(), writing().end());
  rules.push_back(rule(std::move(all), rbac_group, {"roles", "rolebindings"}));
  rules.push_back(rule({"create"}, "authorization.k8s.io", {"localsubjectaccessreviews"}));
  return rules;
}

void add_user_roles(Builder& out) {
  out.role("cluster-admin", {rule({"*"}, "*", {"*"}), PolicyRule{{"*"}, {}, {}, {}, {"*"}}});
  out.bind("cluster-admin", {group(masters_group)});
  out.aggregated("admin", "", admin_rules());
  out.aggregated("edit", "admin", edit_rules());
  out.aggregated("view", "edit", view_rules());
}

void add_common_roles(Builder& out) {
  const Words health = {"/healthz", "/livez", "/readyz", "/version", "/version/"};
  Words discovery = health;
  for (const char* path : {"/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", "/swagger-2.0.0.pb-v1"}) {
    discovery.emplace_back(path);
  }
  out.role("system:discovery", {paths(std::move(discovery))});
  out.bind("system:discovery", {group(authenticated_group)});
  out.role("system:public-info-viewer", {paths(health)});
  out.bind("system:public-info-viewer", {group(authenticated_group), group(unauthenticated_group)});
  out.role("system:basic-user",
           {rule({"create"}, "authorization.k8s.io", {"selfsubjectaccessreviews", "selfsubjectrulesreviews"}),
            rule({"create"}, "authentication.k8s.io", {"selfsubjectreviews"})});
  out.bind("system:basic-user", {group(authenticated_group)});
  out.role("system:auth-delegator", {rule({"create"}, "authentication.k8s.io", {"tokenreviews"}),
                                     rule({"create"}, "authorization.k8s.io", {"subjectaccessreviews"})});
  out.role("system:monitoring", {paths({"/metrics", "/metrics/*", "/healthz", "/livez", "/readyz"})});
  out.bind("system:monitoring", {group(monitoring_group)});
}

// Every controller reads our kinds, tells events and takes part in electing a leader; what it writes is its own.
void add_controller_roles(Builder& out) {
  out.role("system:controllers",
           {rule(reading(), ours, {"*"}), rule(reading(), "", {"namespaces"}),
            rule({"create", "get", "patch", "update"}, "", {"events"}),
            rule({"create", "get", "list", "patch", "update", "watch"}, "coordination.k8s.io", {"leases"})});
  out.bind("system:controllers", {group(controllers_group)});
  const auto controller = [&out](std::string_view name, std::vector<PolicyRule> rules) {
    const std::string full = str("system:controller:", name);
    out.role(full, std::move(rules));
    out.bind(full, {user(full)});
  };
  controller("service", {rule({"update"}, ours, {"services", "services/status"}),
                         rule({"create", "delete", "update"}, ours, {"tasksets", "tasks"}),
                         rule({"update"}, ours, {"tasksets/status", "tasks/status"}),
                         rule(reading(), "", {"configmaps", "secrets"})});
  controller("scheduler",
             {rule({"update", std::string(place_verb)}, ours, {"tasks"}), rule({"update"}, ours, {"tasks/status"})});
  controller("instance",
             {rule({"update"}, ours,
                   {"containerinstances", "containerinstances/status", "tasks", "tasks/status", "clusters/status"})});
  controller("task-run", {rule({"delete", "update"}, ours, {"taskruns"}), rule({"update"}, ours, {"taskruns/status"}),
                          rule({"create", "delete", "update"}, ours, {"tasks"})});
  controller("cleanup", {rule({"delete", "update"}, ours, {"tasks", "taskruns"}),
                         rule({"delete", "get", "list", "watch"}, "", {"events"})});
  controller("roles", {rule({"escalate", "get", "list", "patch", "update", "watch"}, rbac_group, {"clusterroles"})});
  controller("garbage", {rule({"delete", "get", "list", "update", "watch"}, "*", {"*"})});
}

bool has_rule(const std::vector<PolicyRule>& rules, const PolicyRule& wanted) {
  return std::find(rules.begin(), rules.end(), wanted) != rules.end();
}

// A name is enough: the group and namespace of a subject have one right value for its kind.
bool has_subject(const std::vector<Subject>& subjects, const Subject& wanted) {
  return std::any_of(subjects.begin(), subjects.end(), [&wanted](const Subject& subject) {
    return subject.kind == wanted.kind && subject.name == wanted.name && subject.ns == wanted.ns;
  });
}

// The stored object with what it lacks; null when it lacks nothing.
std::shared_ptr<Object> mended(const Object& wanted, const Object& stored) {
  const auto says = stored.metadata.annotations.find(autoupdate);
  if (says != stored.metadata.annotations.end() && says->second == "false") return nullptr;
  bool changed = false;
  std::shared_ptr<Object> copy = stored.kind->copy(stored);
  if (const auto* role = as<ClusterRole>(&wanted)) {
    auto& mended_role = static_cast<ClusterRole&>(*copy);
    // Those of an older server are not made of others yet.
    if (role->aggregation_rule && !mended_role.aggregation_rule) {
      mended_role.aggregation_rule = role->aggregation_rule;
      changed = true;
    }
    for (const auto& [key, value] : role->metadata.labels) {
      changed = mended_role.metadata.labels.emplace(key, value).second || changed;
    }
    auto& rules = mended_role.rules;
    for (const PolicyRule& one : role->rules) {
      if (has_rule(rules, one)) continue;
      rules.push_back(one);
      changed = true;
    }
  } else if (const auto* binding = as<ClusterRoleBinding>(&wanted)) {
    auto& subjects = static_cast<ClusterRoleBinding&>(*copy).subjects;
    for (const Subject& one : binding->subjects) {
      if (has_subject(subjects, one)) continue;
      subjects.push_back(one);
      changed = true;
    }
  }
  return changed ? copy : nullptr;
}

}  // namespace

std::vector<std::shared_ptr<Object>> bootstrap_policy() {
  Builder out;
  add_user_roles(out);
  add_common_roles(out);
  add_controller_roles(out);
  return std::move(out.objects);
}

std::vector<std::shared_ptr<Object>> missing_policy(const State& state) {
  std::vector<std::shared_ptr<Object>> out;
  for (std::shared_ptr<Object>& wanted : bootstrap_policy()) {
    const ObjectPtr stored = state.find(key_of(*wanted));
    if (stored == nullptr) {
      out.push_back(std::move(wanted));
    } else if (auto copy = mended(*wanted, *stored)) {
      out.push_back(std::move(copy));
    }
  }
  return out;
}

}  // namespace muster::access
