// What tokens of service accounts say, and what may be asked of them.
#include "api/access/account_token.h"

#include <gtest/gtest.h>

#include "api/access/token_request.h"
#include "api/schema/json.h"
#include "api/types/configuration.h"

namespace muster::access {
namespace {

const Time now = Time(std::chrono::hours(24 * 365 * 56));

AccountClaims robot() {
  AccountClaims claims;
  claims.ns = "shop";
  claims.name = "robot";
  claims.uid = "u-1";
  claims.id = "t-1";
  claims.audiences = {"muster", "vault"};
  claims.issued = now;
  claims.expires = now + std::chrono::hours(1);
  return claims;
}

State with_account(const std::string& uid) {
  auto account = std::make_shared<ServiceAccount>(make<ServiceAccount>());
  account->metadata.ns = "shop";
  account->metadata.name = "robot";
  account->metadata.uid = uid;
  State state;
  state.put(account);
  return state;
}

TEST(AccountToken, claims_are_those_of_kubernetes) {
  const std::string json = write_claims(robot());
  EXPECT_NE(json.find(R"("sub":"system:serviceaccount:shop:robot")"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("kubernetes.io":{"namespace":"shop","serviceaccount":{"name":"robot","uid":"u-1"}})"),
            std::string::npos)
      << json;
  const auto read = read_claims(json);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, robot());
  for (const char* other : {"", "[]", "{}", R"({"iss":"muster"})", R"({"iss":"muster","aud":["muster"]})",
                            R"({"iss":"other","aud":["muster"],"kubernetes.io":{"serviceaccount":{}}})"}) {
    EXPECT_FALSE(read_claims(other).ok()) << other;
  }
}

TEST(AccountToken, proves_the_account_that_it_was_issued_for) {
  const auto proven = prove(robot(), with_account("u-1"), {}, now);
  ASSERT_TRUE(proven.ok()) << proven.error().message;
  EXPECT_EQ(proven->user.name, "system:serviceaccount:shop:robot");
  EXPECT_EQ(proven->user.uid, "u-1");
  EXPECT_EQ(proven->user.groups, (std::vector<std::string>{"system:serviceaccounts", "system:serviceaccounts:shop",
                                                           "system:authenticated"}));
  EXPECT_EQ(proven->audiences, std::vector<std::string>{"muster"});
  EXPECT_FALSE(prove(robot(), with_account("u-2"), {}, now).ok()) << "made anew";
  EXPECT_FALSE(prove(robot(), State(), {}, now).ok()) << "deleted";
  EXPECT_FALSE(prove(robot(), with_account("u-1"), {}, robot().expires).ok()) << "expired";
  AccountClaims endless = robot();
  endless.expires = {};
  EXPECT_FALSE(prove(endless, with_account("u-1"), {}, now).ok()) << "without an end";
}

TEST(AccountToken, is_for_its_audiences) {
  const State state = with_account("u-1");
  const auto both = prove(robot(), state, {"vault", "other", "muster"}, now);
  ASSERT_TRUE(both.ok());
  EXPECT_EQ(both->audiences, (std::vector<std::string>{"vault", "muster"}));
  EXPECT_FALSE(prove(robot(), state, {"other"}, now).ok());
  AccountClaims foreign = robot();
  foreign.audiences = {"vault"};
  EXPECT_FALSE(prove(foreign, state, {}, now).ok()) << "it is not for this server";
}

TEST(TokenRequest, fills_in_what_is_left_out) {
  for (const char* text : {"{}", R"({"spec":{}})", R"({"spec":{"audiences":null,"expirationSeconds":null}})"}) {
    const auto read = read_token_request(*parse_json(text), Unknown::error);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(read->audiences, std::vector<std::string>{"muster"});
    EXPECT_EQ(read->life, std::chrono::hours(1));
  }
  const auto long_one = read_token_request(*parse_json(R"({"spec":{"expirationSeconds":4294967296}})"), Unknown::error);
  ASSERT_TRUE(long_one.ok());
  EXPECT_EQ(long_one->life, longest_token_life);
}

TEST(TokenRequest, refuses_what_cannot_be) {
  const struct {
    const char* text;
    const char* why;
  } rows[] = {{R"({"spec":{"expirationSeconds":599}})", "less than 10 minutes"},
              {R"({"spec":{"expirationSeconds":4294967297}})", "larger than 2^32"},
              {R"({"spec":{"expirationSeconds":"1h"}})", "expirationSeconds"},
              {R"({"spec":{"audiences":[""]}})", "audiences"},
              {R"({"spec":{"audiences":"a"}})", "audiences"},
              {R"({"spec":{"boundObjectRef":{"kind":"Pod"}}})", "boundObjectRef"},
              {R"({"spec":{"audience":["a"]}})", "unknown field \"spec.audience\""},
              {R"({"kind":"TokenReview"})", "kind"},
              {R"({"apiVersion":"v1"})", "apiVersion"},
              {"[]", "TokenRequest"}};
  for (const auto& row : rows) {
    const auto read = read_token_request(*parse_json(row.text), Unknown::error);
    ASSERT_FALSE(read.ok()) << row.text;
    EXPECT_NE(read.error().message.find(row.why), std::string::npos) << read.error().message;
  }
}

}  // namespace
}  // namespace muster::access
