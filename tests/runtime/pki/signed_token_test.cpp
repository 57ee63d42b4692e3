#include "runtime/pki/signed_token.h"

#include <gtest/gtest.h>

#include "api/base/text.h"

namespace muster::pki {
namespace {

class SignedToken : public ::testing::Test {
 protected:
  SeededRandom random_{1};
  const SigningKey key_ = make_signing_key(random_);
  const SigningKey other_ = make_signing_key(random_);
  const std::string payload_ = R"({"sub":"robot","n":"??>>~~"})";
};

TEST_F(SignedToken, gives_back_what_was_signed) {
  const std::string token = sign_token(key_, payload_);
  EXPECT_EQ(token.find_first_of("+/= \n"), std::string::npos) << token;
  const auto opened = open_signed_token(token, {other_, key_});
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(*opened, payload_);
}

TEST_F(SignedToken, is_worth_nothing_without_its_key) {
  const std::string token = sign_token(key_, payload_);
  EXPECT_EQ(open_signed_token(token, {other_}).error().code, Code::unauthorized);
  EXPECT_EQ(open_signed_token(token, {}).error().code, Code::unauthorized);
  // The name of a key is not the key.
  EXPECT_FALSE(open_signed_token(sign_token({key_.id, other_.bytes}, payload_), {key_}).ok());
}

TEST_F(SignedToken, no_character_of_it_can_be_changed) {
  const std::string token = sign_token(key_, payload_);
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char c : {'A', 'B', '-', '.', '='}) {
      if (token[i] == c) continue;
      std::string changed = token;
      changed[i] = c;
      EXPECT_FALSE(open_signed_token(changed, {key_}).ok()) << i << ' ' << c;
    }
  }
  for (const std::string& text : {token + "A", token + "=", token.substr(1), token.substr(0, token.size() - 1),
                                  token.substr(0, token.rfind('.') + 1), token.substr(0, token.rfind('.')),
                                  std::string(), std::string(".."), std::string(9'000, 'A')}) {
    EXPECT_FALSE(open_signed_token(text, {key_}).ok()) << text;
  }
  // "alg": "none" and other headers are none of ours.
  const std::string rest = token.substr(token.find('.'));
  EXPECT_FALSE(open_signed_token("eyJhbGciOiJub25lIn0" + rest, {key_}).ok());
}

}  // namespace
}  // namespace muster::pki
