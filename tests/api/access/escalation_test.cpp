// Nobody grants what he lacks, and which rules cover which.
#include "api/access/escalation.h"

#include <gtest/gtest.h>

#include "api/access/rules.h"
#include "api/base/limits.h"
#include "tests/api/access/world.h"

namespace muster::access {
namespace {

using namespace testing;

bool covered(const PolicyRule& held, const PolicyRule& wanted) {
  const auto missing = not_covered({held}, {wanted});
  return missing.ok() && missing->empty();
}

TEST(Coverage, OfSingleRules) {
  const PolicyRule rule = on({"get", "list"}, {"", "muster.dev"}, {"tasks", "*/status"});
  EXPECT_TRUE(covered(rule, rule));
  EXPECT_TRUE(covered(rule, on({"get"}, {"muster.dev"}, {"tasks"}, {"x"})));
  EXPECT_TRUE(covered(rule, on({"get"}, {""}, {"pods/status"})));
  EXPECT_FALSE(covered(rule, on({"get"}, {""}, {"*"})));
  EXPECT_FALSE(covered(rule, on({"*"}, {""}, {"tasks"})));
  EXPECT_FALSE(covered(rule, on({"get"}, {"*"}, {"tasks"})));
  EXPECT_FALSE(covered(rule, on({"get"}, {""}, {"tasks/log"})));
  EXPECT_TRUE(covered(on({"*"}, {"*"}, {"*"}), on({"*"}, {"*"}, {"*", "x/y", "*/z"})));
  EXPECT_FALSE(covered(on({"get"}, {""}, {"a/status"}), on({"get"}, {""}, {"*/status"})));
}

TEST(Coverage, OfNames) {
  const PolicyRule rule = on({"get"}, {""}, {"secrets"}, {"a", "b"});
  EXPECT_TRUE(covered(rule, on({"get"}, {""}, {"secrets"}, {"b"})));
  EXPECT_FALSE(covered(rule, on({"get"}, {""}, {"secrets"}, {"b", "c"})));
  EXPECT_FALSE(covered(rule, on({"get"}, {""}, {"secrets"}))) << "no names means all names";
}

TEST(Coverage, OfPaths) {
  EXPECT_TRUE(covered(on_paths({"get"}, {"/healthz/*"}), on_paths({"get"}, {"/healthz/a", "/healthz/a/*"})));
  EXPECT_FALSE(covered(on_paths({"get"}, {"/healthz/*"}), on_paths({"get"}, {"/healthz"})));
  EXPECT_FALSE(covered(on_paths({"get"}, {"/*"}), on_paths({"get"}, {"*"})));
  EXPECT_FALSE(covered(on({"*"}, {"*"}, {"*"}), on_paths({"get"}, {"/metrics"})));
  EXPECT_FALSE(covered(on_paths({"*"}, {"*"}), on({"get"}, {""}, {"pods"})));
}

TEST(Coverage, SeveralRulesTogether) {
  const std::vector<PolicyRule> held = {on({"get"}, {""}, {"a"}), on({"list"}, {""}, {"a", "b"})};
  const auto missing = not_covered(held, {on({"get", "list", "watch"}, {""}, {"a", "b"})});
  ASSERT_TRUE(missing.ok());
  ASSERT_EQ(missing->size(), 2U);
  EXPECT_EQ(rule_text(missing->at(0)), R"({APIGroups:[""], Resources:["b"], Verbs:["get" "watch"]})");
  EXPECT_EQ(rule_text(missing->at(1)), R"({APIGroups:[""], Resources:["a"], Verbs:["watch"]})");
}

TEST(Coverage, IsBounded) {
  Words many;
  for (int i = 0; i < 300; ++i) many.push_back(std::to_string(i));
  const auto huge = not_covered({}, {on(many, many, many, many)});
  ASSERT_FALSE(huge.ok());
  EXPECT_EQ(huge.error().code, Code::too_large);
  EXPECT_LE(not_covered({}, {on({"get"}, {""}, many)})->size(), limits::causes);
}

class EscalationTest : public ::testing::Test {
 protected:
  EscalationTest() {
    state_.put(share(cluster_role("reader", {on({"get"}, {""}, {"pods"})})));
    state_.put(share(cluster_role("root", {on({"*"}, {"*"}, {"*"})})));
    state_.put(
        share(cluster_role("binder", {on({"bind"}, {"rbac.authorization.k8s.io"}, {"clusterroles"}, {"root"})})));
    state_.put(
        share(cluster_role("escalator", {on({"escalate"}, {"rbac.authorization.k8s.io"}, {"roles", "clusterroles"})})));
    state_.put(share(binding("a", "b", "ClusterRole", "reader", {user("ann")})));
    state_.put(share(binding("a", "c", "ClusterRole", "binder", {user("bea")})));
    state_.put(share(binding("a", "d", "ClusterRole", "escalator", {user("eve")})));
  }
  Status check(std::string who, const Object& object, const Object* stored = nullptr) const {
    return check_escalation(Policy(state_), person(std::move(who)), object, stored);
  }

  State state_;
};

TEST_F(EscalationTest, RolesHoldWhatTheirWriterHas) {
  const Role own = role("a", "r", {on({"get"}, {""}, {"pods"}, {"x"})});
  EXPECT_TRUE(check("ann", own).ok());
  EXPECT_FALSE(check("bob", own).ok());
  EXPECT_FALSE(check("ann", role("b", "r", own.rules)).ok()) << "another namespace";
  const Role more = role("a", "r", {on({"get", "delete"}, {""}, {"pods"})});
  const Status refused = check("ann", more);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::forbidden);
  EXPECT_EQ(refused.error().message,
            "roles.rbac.authorization.k8s.io \"r\" is forbidden: user \"ann\" (groups=[]) is attempting to grant RBAC "
            "permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"delete\"]}");
  EXPECT_TRUE(check("ann", more, &more).ok()) << "a write that does not change the rules";
  EXPECT_FALSE(check("ann", more, &own).ok());
  EXPECT_TRUE(check("eve", more).ok()) << "escalate";
  EXPECT_FALSE(check("bea", more).ok());
  EXPECT_FALSE(check("eve", cluster_role("x", more.rules)).ok()) << "escalate holds in the namespace only";
  EXPECT_TRUE(check_escalation(Policy(state_), person("x", {"system:masters"}), more, nullptr).ok());
}

TEST_F(EscalationTest, RolesMadeOfOthersTakeEverything) {
  state_.put(share(cluster_binding("e", "reader", {user("ann")})));
  state_.put(share(cluster_role("boss", {on({"*"}, {"*"}, {"*"}), on_paths({"*"}, {"*"})})));
  state_.put(share(cluster_binding("f", "boss", {user("kim")})));
  ClusterRole made = cluster_role("made", {});
  made.aggregation_rule = AggregationRule{{RoleSelector{{{"a", "b"}}, {}}}};
  EXPECT_FALSE(check("ann", made).ok());
  EXPECT_TRUE(check("kim", made).ok());
  EXPECT_TRUE(check("ann", made, &made).ok());
  // By a label the rules of a role may come into another one.
  const ClusterRole strong = cluster_role("strong", {on({"delete"}, {""}, {"pods"})});
  ClusterRole labelled = strong;
  labelled.metadata.labels["rbac.authorization.k8s.io/aggregate-to-view"] = "true";
  EXPECT_FALSE(check("ann", labelled, &strong).ok());
  EXPECT_TRUE(check("kim", labelled, &strong).ok());
  ClusterRole weak = cluster_role("weak", {on({"get"}, {""}, {"pods"})});
  EXPECT_TRUE(check("ann", weak).ok());
  ClusterRole weak_labelled = weak;
  weak_labelled.metadata.labels["x"] = "y";
  EXPECT_TRUE(check("ann", weak_labelled, &weak).ok());
}

TEST_F(EscalationTest, BindingsGiveWhatTheirWriterHas) {
  EXPECT_TRUE(check("ann", binding("a", "x", "ClusterRole", "reader", {user("bob")})).ok());
  EXPECT_FALSE(check("ann", cluster_binding("x", "reader", {user("bob")})).ok());
  const RoleBinding root = binding("a", "x", "ClusterRole", "root", {user("bob")});
  EXPECT_FALSE(check("ann", root).ok());
  EXPECT_TRUE(check("bea", root).ok()) << "bind";
  EXPECT_FALSE(check("bea", cluster_binding("x", "root", {})).ok());
  EXPECT_FALSE(check("eve", root).ok());
  EXPECT_TRUE(check("ann", root, &root).ok());
  RoleBinding extended = root;
  extended.subjects.push_back(user("ann"));
  EXPECT_FALSE(check("ann", extended, &root).ok());
  const Status unknown = check("ann", binding("a", "x", "Role", "none", {}));
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, Code::not_found);
  EXPECT_EQ(unknown.error().message, "roles.rbac.authorization.k8s.io \"none\" not found");
}

TEST_F(EscalationTest, OtherKindsPass) {
  EXPECT_TRUE(check("nobody", named<Namespace>("x")).ok());
}

}  // namespace
}  // namespace muster::access
