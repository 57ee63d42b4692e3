#include "runtime/pki/token.h"

#include <gtest/gtest.h>

#include <set>

#include "runtime/pki/digest.h"

namespace muster::pki {
namespace {

TEST(Digest, gives_the_published_values) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  // RFC 4231, test case 2.
  std::string code;
  for (const char byte : hmac_sha256("Jefe", "what do ya want for nothing?")) {
    constexpr std::string_view digits = "0123456789abcdef";
    code += digits[static_cast<unsigned char>(byte) >> 4U];
    code += digits[static_cast<unsigned char>(byte) & 15U];
  }
  EXPECT_EQ(code, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Digest, secrets_are_the_same_only_as_a_whole) {
  EXPECT_TRUE(same_secret("secret", "secret"));
  EXPECT_FALSE(same_secret("secret", "secreT"));
  EXPECT_FALSE(same_secret("secret", "secret "));
  EXPECT_TRUE(same_secret("", ""));
}

TEST(Token, is_read_back_as_it_was_made) {
  SeededRandom random(1);
  const Token token = make_token(random);
  EXPECT_EQ(token.id.size(), 16U);
  EXPECT_EQ(token.secret.size(), 64U);
  const auto parsed = parse_token(token.text());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->id, token.id);
  EXPECT_EQ(parsed->secret, token.secret);
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(make_token(random).text());
  EXPECT_EQ(seen.size(), 100U);
}

TEST(Token, other_texts_are_none) {
  SeededRandom random(1);
  const std::string good = make_token(random).text();
  std::string upper = good;
  upper[20] = 'A';
  std::string no_dot = good;
  no_dot[16] = '-';
  for (const std::string& text : {std::string(), std::string("."), good.substr(1), good + "0", good + "\n", upper,
                                  no_dot, " " + good, std::string(81, '.')}) {
    EXPECT_FALSE(parse_token(text)) << text;
  }
}

TEST(Token, is_known_by_its_hash_alone) {
  SeededRandom random(1);
  const Token token = make_token(random);
  const std::string hash = token_hash(token);
  EXPECT_EQ(hash, "sha256:" + sha256_hex(token.text()));
  EXPECT_EQ(hash.find(token.secret), std::string::npos);
  EXPECT_TRUE(is_token(token, hash));
  Token other = token;
  other.secret.back() = other.secret.back() == '0' ? '1' : '0';
  EXPECT_FALSE(is_token(other, hash));
  // The id is hashed too: one token's hash is of no use under another id.
  Token moved = token;
  moved.id.back() = moved.id.back() == '0' ? '1' : '0';
  EXPECT_FALSE(is_token(moved, hash));
  EXPECT_FALSE(is_token(token, ""));
  EXPECT_FALSE(is_token(token, token.text()));
}

}  // namespace
}  // namespace muster::pki
