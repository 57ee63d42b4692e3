#include "api/access/kept_token.h"

#include <gtest/gtest.h>

#include "api/base/base64.h"

namespace muster::access {
namespace {

const Time now = Time(std::chrono::hours(24 * 365 * 56));

KeptToken user_token() {
  KeptToken token;
  token.id = "0123456789abcdef";
  token.hash = "sha256:00ff";
  token.user = "ann";
  token.groups = {"team", "muster:operators"};
  token.expiration = now + std::chrono::hours(1);
  token.description = "Ann's laptop";
  return token;
}

KeptToken join_token() {
  KeptToken token;
  token.purpose = KeptToken::Purpose::join;
  token.id = "fedcba9876543210";
  token.hash = "sha256:00aa";
  token.expiration = now + std::chrono::hours(1);
  token.uses_left = 3;
  return token;
}

State with(Secret secret) {
  State state;
  state.put(std::make_shared<const Secret>(std::move(secret)));
  return state;
}

std::string why_not(const Result<FoundToken>& found) {
  if (found.ok()) return "it was found";
  EXPECT_EQ(found.error().code, Code::unauthorized);
  return found.error().message;
}

TEST(KeptToken, is_read_back_as_it_was_kept) {
  for (const KeptToken& token : {user_token(), join_token()}) {
    const Secret secret = secret_of(token);
    EXPECT_EQ(secret.metadata.ns, system_namespace);
    EXPECT_EQ(secret.metadata.name, "token-" + token.id);
    EXPECT_TRUE(is_token_secret(secret));
    const auto read = kept_token(secret);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(*read, token);
  }
}

TEST(KeptToken, what_is_not_whole_is_none) {
  for (const char* key : {"id", "hash", "user", "expiration"}) {
    Secret secret = secret_of(user_token());
    secret.data.erase(key);
    const auto read = kept_token(secret);
    ASSERT_FALSE(read.ok()) << key;
    EXPECT_NE(read.error().message.find(key), std::string::npos) << read.error().message;
    secret.data[key] = "%%%";
    EXPECT_FALSE(kept_token(secret).ok()) << key;
  }
  Secret uses = secret_of(join_token());
  uses.data["uses-left"] = encode_base64("-1");
  EXPECT_FALSE(kept_token(uses).ok());
  uses.data.erase("uses-left");
  EXPECT_FALSE(kept_token(uses).ok());
  Secret late = secret_of(user_token());
  late.data["expiration"] = encode_base64("tomorrow");
  EXPECT_FALSE(kept_token(late).ok());
}

TEST(KeptToken, stands_only_in_its_own_place_and_type) {
  Secret elsewhere = secret_of(user_token());
  elsewhere.metadata.ns = "default";
  EXPECT_FALSE(kept_token(elsewhere).ok());
  Secret other_name = secret_of(user_token());
  other_name.metadata.name = "token-1";
  EXPECT_FALSE(kept_token(other_name).ok());
  Secret opaque = secret_of(user_token());
  opaque.type = opaque_secret;
  EXPECT_FALSE(is_token_secret(opaque));
  EXPECT_FALSE(kept_token(opaque).ok());
}

TEST(KeptToken, is_found_by_its_id) {
  const State state = with(secret_of(user_token()));
  const auto found = find_token(state, "0123456789abcdef", KeptToken::Purpose::user, now);
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->token, user_token());
  EXPECT_EQ(found->secret->metadata.name, "token-0123456789abcdef");
  EXPECT_NE(why_not(find_token(state, "0123456789abcdee", KeptToken::Purpose::user, now)).find("not known"),
            std::string::npos);
}

TEST(KeptToken, is_worth_nothing_once_expired) {
  const State state = with(secret_of(user_token()));
  const Time end = user_token().expiration;
  const std::string id = user_token().id;
  EXPECT_TRUE(find_token(state, id, KeptToken::Purpose::user, end - std::chrono::nanoseconds(1)).ok());
  EXPECT_NE(why_not(find_token(state, id, KeptToken::Purpose::user, end)).find("expired"), std::string::npos);
}

TEST(KeptToken, serves_its_own_purpose_alone) {
  const State users = with(secret_of(user_token()));
  EXPECT_NE(why_not(find_token(users, user_token().id, KeptToken::Purpose::join, now)).find("purpose"),
            std::string::npos);
  const State hosts = with(secret_of(join_token()));
  EXPECT_NE(why_not(find_token(hosts, join_token().id, KeptToken::Purpose::user, now)).find("purpose"),
            std::string::npos);
}

TEST(KeptToken, joins_as_often_as_it_says) {
  KeptToken token = join_token();
  EXPECT_TRUE(find_token(with(secret_of(token)), token.id, KeptToken::Purpose::join, now).ok());
  token.uses_left = 0;
  EXPECT_NE(why_not(find_token(with(secret_of(token)), token.id, KeptToken::Purpose::join, now)).find("been used"),
            std::string::npos);
}

}  // namespace
}  // namespace muster::access
