// Questions about access and identity, and questions that are none.
#include "api/access/review.h"

#include <gtest/gtest.h>

#include "api/schema/json.h"
#include "tests/api/access/world.h"

namespace muster::access {
namespace {

using namespace testing;

class ReviewTest : public ::testing::Test {
 protected:
  ReviewTest() {
    state_.put(
        share(cluster_role("r", {on({"get"}, {"muster.dev"}, {"tasks"}, {"t"}), on_paths({"get"}, {"/metrics"})})));
    state_.put(share(cluster_binding("b", "r", {user("ann")})));
    state_.put(share(binding("default", "b", "ClusterRole", "r", {group("team")})));
    policy_ = Policy(state_);
    ann_.uid = "u-1";
    ann_.groups = {"system:authenticated"};
    ann_.extra = {{"scopes", {"a", "b"}}};
  }
  Result<std::string> ask(std::string_view group, std::string_view version, std::string_view plural,
                          std::string_view json) {
    const Review* review = find_review(group, version, plural);
    EXPECT_NE(review, nullptr);
    const auto request = parse_json(json);
    EXPECT_TRUE(request.ok());
    return review->answer(
        *review, *request,
        ReviewContext{state_, policy_, ann_, "default",
                      [](std::string_view token, const std::vector<std::string>& audiences) -> Result<Proven> {
                        if (token != "good") return Error{Code::unauthorized, "no such token", {}};
                        return Proven{person("bob", {"team"}), {audiences.begin(), audiences.end()}};
                      }},
        DecodeOptions{}, &warnings_);
  }
  std::string status_of(const Result<std::string>& answer) {
    EXPECT_TRUE(answer.ok()) << answer.error().text();
    if (!answer.ok()) return {};
    const auto node = parse_json(*answer);
    EXPECT_TRUE(node.ok()) << *answer;
    return write_json(*node->find("status"));
  }
  std::string access(std::string_view plural, std::string_view json) {
    return status_of(ask("authorization.k8s.io", "v1", plural, json));
  }
  std::string refused(std::string_view plural, std::string_view json) {
    const auto answer = ask("authorization.k8s.io", "v1", plural, json);
    EXPECT_FALSE(answer.ok()) << *answer;
    return answer.ok() ? std::string() : answer.error().text();
  }

  State state_;
  Policy policy_;
  User ann_ = person("ann");
  std::vector<Warning> warnings_;
};

TEST_F(ReviewTest, MayI) {
  EXPECT_EQ(
      ask("authorization.k8s.io", "v1", "selfsubjectaccessreviews",
          R"({"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1",
                    "metadata":{"creationTimestamp":null},
                    "spec":{"resourceAttributes":{"namespace":"x","verb":"get","group":"muster.dev","resource":"tasks",
                    "name":"t"}},"status":{"allowed":false}})")
          .value(),
      R"({"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","spec":{"resourceAttributes":)"
      R"({"namespace":"x","verb":"get","group":"muster.dev","resource":"tasks","name":"t"}},"status":)"
      R"({"allowed":true,"reason":"RBAC: allowed by ClusterRoleBinding \"b\" of ClusterRole \"r\" to User \"ann\""}})");
  const std::string_view mine = "selfsubjectaccessreviews";
  EXPECT_EQ(access(mine, R"({"spec":{"resourceAttributes":{"verb":"get","group":"muster.dev","resource":"tasks"}}})"),
            R"({"allowed":false})");
  EXPECT_TRUE(access(mine, R"({"spec":{"nonResourceAttributes":{"verb":"get","path":"/metrics"}}})")
                  .starts_with(R"({"allowed":true)"));
  EXPECT_EQ(access(mine, R"({"spec":{"nonResourceAttributes":{"verb":"get"}}})"), R"({"allowed":false})");
  EXPECT_EQ(access(mine, R"({"spec":{"resourceAttributes":{"verb":"list","resource":"tasks",
                             "fieldSelector":{"requirements":[{"key":"a","operator":"In","values":["b"]}]}}}})"),
            R"({"allowed":false})");
}

TEST_F(ReviewTest, QuestionsThatAreNone) {
  const std::string_view mine = "selfsubjectaccessreviews", any = "subjectaccessreviews";
  EXPECT_NE(refused(mine, R"({"spec":{}})").find("exactly one of"), std::string::npos);
  EXPECT_NE(refused(mine, R"({"spec":{"resourceAttributes":{},"nonResourceAttributes":{}}})").find("exactly one of"),
            std::string::npos);
  EXPECT_NE(refused(mine, "{}").find("spec"), std::string::npos);
  EXPECT_NE(refused(mine, R"({"kind":"Task","spec":{}})").find("SelfSubjectAccessReview"), std::string::npos);
  EXPECT_NE(refused(mine, R"({"apiVersion":"authorization.k8s.io/v2","spec":{}})").find("apiVersion"),
            std::string::npos);
  EXPECT_NE(refused(mine, R"({"spec":{"resourceAttributes":{"verbs":["get"]}}})").find("did you mean \"verb\""),
            std::string::npos);
  EXPECT_FALSE(ask("authorization.k8s.io", "v1", mine, "[]").ok());
  EXPECT_NE(refused(any, R"({"spec":{"resourceAttributes":{"verb":"get"}}})").find("at least one of user or group"),
            std::string::npos);
}

TEST_F(ReviewTest, MaySomebody) {
  const auto asked_of = [&](std::string_view who) {
    return access("subjectaccessreviews",
                  std::string(R"({"spec":{"resourceAttributes":{"namespace":"default","verb":"get","group":"muster.dev",
                                  "resource":"tasks","name":"t"},)")
                      .append(who)
                      .append("}}"));
  };
  EXPECT_TRUE(asked_of(R"("user":"ann")").starts_with(R"({"allowed":true)"));
  EXPECT_TRUE(asked_of(R"("groups":["team"])").starts_with(R"({"allowed":true)"));
  EXPECT_TRUE(
      asked_of(R"("user":"x","groups":["system:masters"],"extra":{"a":["b"]})").starts_with(R"({"allowed":true)"));
  EXPECT_EQ(asked_of(R"("user":"bob")"), R"({"allowed":false})") << "the answer is about him, not about who asks";
}

TEST_F(ReviewTest, LocalReviewsStayInTheirNamespace) {
  const std::string_view local = "localsubjectaccessreviews";
  const auto attributes = [](std::string_view ns) {
    return std::string(R"({"spec":{"groups":["team"],"resourceAttributes":{"namespace":")")
        .append(ns)
        .append(R"(","verb":"get","group":"muster.dev","resource":"tasks","name":"t"}}})");
  };
  EXPECT_TRUE(access(local, attributes("default")).starts_with(R"({"allowed":true)"));
  EXPECT_TRUE(access(local, attributes("")).starts_with(R"({"allowed":true)"));
  EXPECT_NE(refused(local, attributes("other")).find("must match metadata.namespace"), std::string::npos);
  EXPECT_NE(refused(local, R"({"metadata":{"namespace":"other"},"spec":{}})").find("does not match"),
            std::string::npos);
  EXPECT_NE(refused(local, R"({"spec":{"user":"a","nonResourceAttributes":{"path":"/x"}}})").find("disallowed"),
            std::string::npos);
}

TEST_F(ReviewTest, WhatMayIDo) {
  EXPECT_EQ(access("selfsubjectrulesreviews", R"({"spec":{"namespace":"x"}})"),
            R"({"resourceRules":[{"verbs":["get"],"apiGroups":["muster.dev"],"resources":["tasks"],)"
            R"("resourceNames":["t"]}],"nonResourceRules":[{"verbs":["get"],"nonResourceURLs":["/metrics"]}],)"
            R"("incomplete":false})");
  ann_ = person("bob");
  EXPECT_EQ(access("selfsubjectrulesreviews", R"({"spec":{"namespace":"x"}})"),
            R"({"resourceRules":[],"nonResourceRules":[],"incomplete":false})");
  EXPECT_NE(refused("selfsubjectrulesreviews", R"({"spec":{}})").find("spec.namespace"), std::string::npos);
}

TEST_F(ReviewTest, WhoAmI) {
  for (const std::string_view version : {"v1", "v1beta1", "v1alpha1"}) {
    const auto answer = ask("authentication.k8s.io", version, "selfsubjectreviews",
                            R"({"metadata":{"creationTimestamp":null},"status":{"userInfo":{"username":"forged"}}})");
    EXPECT_EQ(status_of(answer), R"({"userInfo":{"username":"ann","uid":"u-1","groups":["system:authenticated"],)"
                                 R"("extra":{"scopes":["a","b"]}}})");
    EXPECT_NE(answer->find(std::string("authentication.k8s.io/").append(version)), std::string::npos);
  }
}

TEST_F(ReviewTest, WhoseIsThisToken) {
  const auto of = [&](std::string_view json) { return ask("authentication.k8s.io", "v1", "tokenreviews", json); };
  EXPECT_EQ(status_of(of(R"({"spec":{"token":"good","audiences":["a"]}})")),
            R"({"authenticated":true,"user":{"username":"bob","groups":["team"]},"audiences":["a"]})");
  EXPECT_EQ(status_of(of(R"({"spec":{"token":"bad"}})")), R"({"authenticated":false,"error":"no such token"})");
  EXPECT_FALSE(of(R"({"spec":{}})").ok());
  const auto wrong = of(R"({"spec":{"token":471147}})");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().text().find("471147"), std::string::npos) << "no message shows a token";
}

TEST(Reviews, AreWhole) {
  for (const Review& review : all_reviews()) {
    EXPECT_EQ(find_review(review.group, review.version, review.plural), &review);
    EXPECT_EQ(review.type()->name, review.kind);
    EXPECT_EQ(review.scope == Scope::namespaced, review.kind == "LocalSubjectAccessReview");
  }
  EXPECT_EQ(find_review("authorization.k8s.io", "v1beta1", "selfsubjectaccessreviews"), nullptr);
}

}  // namespace
}  // namespace muster::access
