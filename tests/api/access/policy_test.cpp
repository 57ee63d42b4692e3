// Kubernetes' RBAC: what rules match, whom bindings reach, and that the compiled policy is a fold of commits.
#include "api/access/policy.h"

#include <gtest/gtest.h>

#include <random>

#include "api/access/rules.h"
#include "tests/api/access/world.h"

namespace muster::access {
namespace {

using namespace testing;

bool match(const PolicyRule& rule, const Question& question) {
  const User nobody;
  return matches(rule, asked(nobody, question));
}

TEST(Rule, VerbsGroupsAndResources) {
  const PolicyRule rule = on({"get", "list"}, {"muster.dev"}, {"tasks", "services/scale"});
  EXPECT_TRUE(match(rule, {"get", "muster.dev", "tasks"}));
  EXPECT_TRUE(match(rule, {"list", "muster.dev", "services", "scale"}));
  EXPECT_FALSE(match(rule, {"watch", "muster.dev", "tasks"}));
  EXPECT_FALSE(match(rule, {"get", "", "tasks"}));
  EXPECT_FALSE(match(rule, {"get", "muster.dev", "task"}));
  EXPECT_FALSE(match(rule, {"get", "muster.dev", "tasks", "log"})) << "a subresource is a resource of its own";
  EXPECT_FALSE(match(rule, {"get", "muster.dev", "services"}));
  EXPECT_FALSE(match(rule, {"get", "muster.dev", "scale", "scale"}));
}

TEST(Rule, Stars) {
  EXPECT_TRUE(match(on({"*"}, {"*"}, {"*"}), {"escalate", "x", "y", "z", "n", "m"}));
  EXPECT_FALSE(match(on({"*"}, {"*"}, {"*"}), {"get", "", "", "", "", "", "/metrics"}));
  EXPECT_TRUE(match(on({"get"}, {""}, {"*/status"}), {"get", "", "pods", "status"}));
  EXPECT_FALSE(match(on({"get"}, {""}, {"*/status"}), {"get", "", "pods"}));
  EXPECT_FALSE(match(on({"get"}, {""}, {"*/status"}), {"get", "", "pods", "log"}));
  EXPECT_FALSE(match(on({"get"}, {""}, {"pods/*"}), {"get", "", "pods", "log"})) << "no such star in Kubernetes";
  EXPECT_FALSE(match(on({"ge*"}, {""}, {"pods"}), {"get", "", "pods"}));
  EXPECT_FALSE(match(on({"get"}, {}, {"pods"}), {"get", "", "pods"}));
  EXPECT_FALSE(match(on({"get"}, {""}, {"log"}), {"get", "", "log", "log"}));
}

TEST(Rule, Names) {
  const PolicyRule rule = on({"get", "create", "list"}, {""}, {"secrets"}, {"a", "b"});
  EXPECT_TRUE(match(rule, {"get", "", "secrets", "", "n", "b"}));
  EXPECT_FALSE(match(rule, {"get", "", "secrets", "", "n", "c"}));
  EXPECT_FALSE(match(rule, {"create", "", "secrets", "", "n"})) << "the name of a new object is not known";
  EXPECT_TRUE(match(rule, {"list", "", "secrets", "", "n", "a"}));
}

TEST(Rule, Paths) {
  const auto get = [](const char* pattern, const char* path) {
    return match(on_paths({"get"}, {pattern}), {"get", "", "", "", "", "", path});
  };
  EXPECT_TRUE(get("/metrics", "/metrics"));
  EXPECT_FALSE(get("/metrics", "/metrics/x"));
  EXPECT_TRUE(get("/healthz/*", "/healthz/etcd"));
  EXPECT_FALSE(get("/healthz/*", "/healthz"));
  EXPECT_TRUE(get("/health*", "/healthz"));
  EXPECT_TRUE(get("*", "/anything"));
  EXPECT_FALSE(get("/*/x", "/a/x"));
  EXPECT_FALSE(match(on_paths({"get"}, {"*"}), {"post", "", "", "", "", "", "/metrics"}));
  EXPECT_FALSE(match(on_paths({"*"}, {"*"}), {"get", "", "pods"}));
}

class PolicyTest : public ::testing::Test {
 protected:
  template <class T>
  void put(T object) {
    ObjectPtr after = share(std::move(object));
    ObjectPtr before = state_.put(after);
    policy_.apply(Change{std::move(before), std::move(after)});
  }
  Decision decide(const User& who, const Question& question) const { return policy_.decide(asked(who, question)); }

  State state_;
  Policy policy_;
};

TEST_F(PolicyTest, NothingIsAllowedUnlessARoleSaysSo) {
  EXPECT_FALSE(decide(person("ann"), {"get", "", "pods", "", "default"}).allowed);
  EXPECT_EQ(decide(person("ann"), {"get", "", "pods"}).reason, "");
  EXPECT_TRUE(decide(person("root", {"system:masters"}), {"get", "", "pods"}).allowed);
}

TEST_F(PolicyTest, ABindingHoldsInItsNamespaceOnly) {
  put(cluster_role("view", {on({"get"}, {"muster.dev"}, {"tasks"}), on_paths({"get"}, {"/metrics"})}));
  put(binding("default", "look", "ClusterRole", "view", {user("ann")}));
  const User ann = person("ann");
  const Decision allowed = decide(ann, {"get", "muster.dev", "tasks", "", "default", "x"});
  EXPECT_TRUE(allowed.allowed);
  EXPECT_EQ(allowed.reason, R"(RBAC: allowed by RoleBinding "default/look" of ClusterRole "view" to User "ann")");
  EXPECT_FALSE(decide(ann, {"get", "muster.dev", "tasks", "", "other", "x"}).allowed);
  EXPECT_FALSE(decide(ann, {"get", "muster.dev", "tasks"}).allowed) << "all namespaces at once";
  EXPECT_FALSE(decide(ann, {"get", "", "", "", "", "", "/metrics"}).allowed);
  EXPECT_FALSE(decide(ann, {"get", "", "", "", "default", "", "/metrics"}).allowed);
  put(cluster_binding("look", "view", {group("team")}));
  const User bob = person("bob", {"team"});
  EXPECT_TRUE(decide(bob, {"get", "muster.dev", "tasks"}).allowed);
  EXPECT_TRUE(decide(bob, {"get", "muster.dev", "tasks", "", "other"}).allowed);
  EXPECT_TRUE(decide(bob, {"get", "", "", "", "", "", "/metrics"}).allowed);
  EXPECT_EQ(decide(bob, {"get", "muster.dev", "tasks"}).reason,
            R"(RBAC: allowed by ClusterRoleBinding "look" of ClusterRole "view" to Group "team")");
}

TEST_F(PolicyTest, RolesAreOfTheirNamespace) {
  put(role("a", "r", {on({"get"}, {""}, {"secrets"})}));
  put(binding("a", "b", "Role", "r", {user("ann")}));
  put(binding("b", "b", "Role", "r", {user("ann")}));
  EXPECT_TRUE(decide(person("ann"), {"get", "", "secrets", "", "a"}).allowed);
  EXPECT_FALSE(decide(person("ann"), {"get", "", "secrets", "", "b"}).allowed);
  put(cluster_binding("c", "r", {user("ann")}));
  EXPECT_FALSE(decide(person("ann"), {"get", "", "secrets"}).allowed) << "a cluster binding never means a Role";
  put(cluster_role("k", {on({"get"}, {""}, {"secrets"})}));
  ClusterRoleBinding odd = cluster_binding("d", "k", {user("ann")});
  odd.role_ref.kind = "Role";
  put(odd);
  EXPECT_FALSE(decide(person("ann"), {"get", "", "secrets"}).allowed) << "nor a ClusterRole by another name";
}

TEST_F(PolicyTest, Subjects) {
  put(cluster_role("all", {on({"*"}, {"*"}, {"*"})}));
  put(cluster_binding("b", "all", {user("ann"), group("team"), account("apps", "deployer")}));
  const Question question{"get", "", "secrets"};
  EXPECT_TRUE(decide(person("ann"), question).allowed);
  EXPECT_FALSE(decide(person("team"), question).allowed);
  EXPECT_FALSE(decide(person("x", {"ann"}), question).allowed);
  EXPECT_TRUE(decide(service_account_user("apps", "deployer", "u"), question).allowed);
  EXPECT_FALSE(decide(service_account_user("other", "deployer", "u"), question).allowed);
  EXPECT_FALSE(decide(person("deployer"), question).allowed);
  put(cluster_binding("c", "all", {group("system:serviceaccounts:other")}));
  EXPECT_TRUE(decide(service_account_user("other", "deployer", "u"), question).allowed);
}

TEST_F(PolicyTest, WhatIsTakenAwayIsGone) {
  put(cluster_role("r", {on({"get"}, {""}, {"pods"})}));
  put(cluster_binding("b", "r", {user("ann"), user("ann"), user("bob")}));
  put(cluster_binding("b", "r", {user("bob")}));
  const Question question{"get", "", "pods"};
  EXPECT_FALSE(decide(person("ann"), question).allowed);
  EXPECT_TRUE(decide(person("bob"), question).allowed);
  policy_.apply(Change{state_.find(kind_of<ClusterRole>(), "", "r"), nullptr});
  EXPECT_FALSE(decide(person("bob"), question).allowed);
  put(cluster_role("r", {on({"get"}, {""}, {"pods"})}));
  EXPECT_TRUE(decide(person("bob"), question).allowed) << "the binding was there all the time";
}

TEST_F(PolicyTest, RulesOfSomebody) {
  put(cluster_role("r", {on({"get"}, {""}, {"pods"}), on_paths({"get"}, {"/metrics"})}));
  put(role("a", "s", {on({"list"}, {""}, {"secrets"})}));
  put(cluster_binding("b", "r", {user("ann")}));
  put(binding("a", "b", "Role", "s", {user("ann")}));
  put(binding("a", "c", "ClusterRole", "r", {user("bob")}));
  EXPECT_EQ(policy_.rules_of(person("ann"), "a").resource_rules.size(), 2U);
  EXPECT_EQ(policy_.rules_of(person("ann"), "b").resource_rules.size(), 1U);
  EXPECT_EQ(policy_.rules_of(person("ann"), "b").non_resource_rules.size(), 1U);
  EXPECT_EQ(policy_.rules_of(person("bob"), "a").resource_rules.size(), 1U);
  EXPECT_TRUE(policy_.rules_of(person("bob"), "a").non_resource_rules.empty());
  EXPECT_EQ(policy_.rules_of(person("x", {"system:masters"}), "").resource_rules.at(0).verbs, (Words{"*"}));
}

TEST(Denial, SaysWhoAndWhat) {
  const User ann = person("ann");
  EXPECT_EQ(denial(asked(ann, {"get", "muster.dev", "tasks", "log", "default", "x"})),
            R"(User "ann" cannot get resource "tasks/log" in API group "muster.dev" in the namespace "default")");
  EXPECT_EQ(denial(asked(ann, {"list", "", "namespaces"})),
            R"(User "ann" cannot list resource "namespaces" in API group "" at the cluster scope)");
  EXPECT_EQ(denial(asked(ann, {"get", "", "", "", "", "", "/metrics"})), R"(User "ann" cannot get path "/metrics")");
}

// The plainest reading of the rules: walks all bindings of the state.
bool plainly_allowed(const State& state, const Attributes& attributes) {
  const auto is_subject = [&](const Subject& subject) {
    if (subject.kind == "User") return attributes.user->name == subject.name;
    if (subject.kind == "Group") return attributes.user->in_group(subject.name);
    return attributes.user->name == "system:serviceaccount:" + subject.ns + ":" + subject.name;
  };
  const auto allows = [&](const std::vector<Subject>& subjects, const std::vector<PolicyRule>* rules) {
    if (rules == nullptr || !std::any_of(subjects.begin(), subjects.end(), is_subject)) return false;
    return std::any_of(rules->begin(), rules->end(), [&](const PolicyRule& rule) { return matches(rule, attributes); });
  };
  const auto rules_of = [&](const RoleRef& ref, const std::string& ns) -> const std::vector<PolicyRule>* {
    if (ref.kind == "Role") {
      const auto role = state.get<Role>(ns, ref.name);
      return role == nullptr ? nullptr : &role->rules;
    }
    const auto role = state.get<ClusterRole>("", ref.name);
    return role == nullptr ? nullptr : &role->rules;
  };
  for (const auto& binding : state.list<ClusterRoleBinding>()) {
    if (allows(binding->subjects, rules_of(binding->role_ref, ""))) return true;
  }
  if (!attributes.is_resource() || attributes.ns.empty()) return false;
  for (const auto& binding : state.list<RoleBinding>(attributes.ns)) {
    if (allows(binding->subjects, rules_of(binding->role_ref, binding->metadata.ns))) return true;
  }
  return false;
}

class Chance {
 public:
  explicit Chance(std::uint32_t seed) : random_(seed) {}
  std::size_t below(std::size_t bound) { return random_() % bound; }
  std::string word(const char* letters) { return {letters[below(std::char_traits<char>::length(letters))]}; }
  Words words(const char* letters) {
    Words out;
    for (std::size_t i = below(3) + 1; i > 0; --i) out.push_back(word(letters));
    return out;
  }

 private:
  std::mt19937 random_;
};

std::vector<PolicyRule> random_rules(Chance& chance) {
  std::vector<PolicyRule> rules;
  for (std::size_t i = chance.below(3); i > 0; --i) {
    if (chance.below(4) == 0) {
      rules.push_back(on_paths(chance.words("gl*"), {"/" + chance.word("xy*")}));
    } else {
      rules.push_back(on(chance.words("glw*"), chance.words("mn*"), chance.words("rst*"),
                         chance.below(3) == 0 ? chance.words("ab") : Words{}));
    }
  }
  return rules;
}

std::vector<Subject> random_subjects(Chance& chance) {
  std::vector<Subject> subjects;
  for (std::size_t i = chance.below(4); i > 0; --i) {
    switch (chance.below(3)) {
      case 0: subjects.push_back(user(chance.word("uv"))); break;
      case 1: subjects.push_back(group(chance.word("GH"))); break;
      case 2: subjects.push_back(account(chance.word("NM"), chance.word("pq"))); break;
    }
  }
  return subjects;
}

ObjectPtr random_object(Chance& chance) {
  const std::string name = chance.word("123"), ns = chance.word("NM");
  switch (chance.below(5)) {
    case 0: return share(cluster_role(name, random_rules(chance)));
    case 1: return share(role(ns, name, random_rules(chance)));
    case 2: return share(cluster_binding(name, chance.word("123"), random_subjects(chance)));
    case 3: return share(named<Namespace>(name));
    default:
      return share(binding(ns, name, chance.below(2) == 0 ? "Role" : "ClusterRole", chance.word("123"),
                           random_subjects(chance)));
  }
}

TEST(PolicyProperty, IsAFoldOfCommits) {
  std::size_t allowed = 0, refused = 0;
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    Chance chance(seed);
    State state;
    Policy policy;
    for (int step = 0; step < 120; ++step) {
      ObjectPtr object = random_object(chance);
      Change change;
      if (chance.below(3) == 0) {
        change.before = state.erase(key_of(*object));
        if (change.before == nullptr) continue;
      } else {
        change.before = state.put(object);
        change.after = object;
      }
      policy.apply(change);
      ASSERT_TRUE(policy == Policy(state)) << "seed " << seed << ", step " << step;
      for (int i = 0; i < 20; ++i) {
        User who = person(chance.word("uv"), chance.words("GHI"));
        if (chance.below(2) == 0) who = service_account_user(chance.word("NM"), chance.word("pq"), "");
        const std::string verb = chance.word("glw"), group = chance.word("mn"), resource = chance.word("rst"),
                          ns = chance.below(3) == 0 ? "" : chance.word("NM"), name = chance.word("abc"),
                          path = chance.below(4) == 0 ? "/" + chance.word("xyz") : "";
        const Attributes attributes{&who, verb, group, resource, "", ns, name, path};
        const bool right = plainly_allowed(state, attributes);
        ASSERT_EQ(policy.decide(attributes).allowed, right) << "seed " << seed << ": " << denial(attributes);
        ++(right ? allowed : refused);
      }
    }
    for (const Kind& kind : all_kinds()) {
      std::vector<ObjectPtr> all;
      state.each(kind, {}, [&](const ObjectPtr& object) { return all.push_back(object), true; });
      for (const ObjectPtr& object : all) policy.apply(Change{state.erase(key_of(*object)), nullptr});
    }
    ASSERT_TRUE(policy == Policy()) << "something is left over";
  }
  EXPECT_GT(allowed, 3'000U);
  EXPECT_GT(refused, 10'000U);
}

}  // namespace
}  // namespace muster::access
