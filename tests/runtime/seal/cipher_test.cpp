#include "runtime/seal/cipher.h"

#include <gtest/gtest.h>

#include <set>

namespace muster::seal {
namespace {

Key a_key(std::uint64_t seed) {
  SeededRandom random(seed);
  return make_key(random);
}

TEST(CipherTest, opens_what_it_sealed) {
  SeededRandom random(1);
  for (const std::string& text : {std::string(), std::string("x"), std::string(3 << 20, '\0')}) {
    const std::string sealed = encrypt(a_key(1), text, "here", random);
    EXPECT_EQ(sealed.size(), text.size() + 28);
    const auto opened = decrypt(a_key(1), sealed, "here");
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    EXPECT_EQ(*opened, text);
  }
}

TEST(CipherTest, refuses_another_key_another_place_and_every_changed_byte) {
  SeededRandom random(1);
  const std::string sealed = encrypt(a_key(1), "hunter2", "here", random);
  EXPECT_FALSE(decrypt(a_key(2), sealed, "here").ok());
  EXPECT_FALSE(decrypt(a_key(1), sealed, "there").ok());
  EXPECT_FALSE(decrypt(a_key(1), sealed, "").ok());
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(decrypt(a_key(1), changed, "here").ok()) << i;
    EXPECT_FALSE(decrypt(a_key(1), sealed.substr(0, i), "here").ok()) << i;
  }
}

// The example of NIST's GCM with a 256 bit key (test case 16 of McGrew and Viega), so that the algorithm is the one
// that it is called.
TEST(CipherTest, is_aes_256_gcm) {
  const auto bytes = [](std::string_view digits) {
    std::string out;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
      out += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
    }
    return out;
  };
  Key key;
  const std::string raw = bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  std::copy(raw.begin(), raw.end(), key.bytes.begin());
  const std::string text = bytes(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
      "ba63"
      "7b39");
  const std::string sealed = bytes(
      "cafebabefacedbaddecaf888"
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
      "bcc9"
      "f662"
      "76fc6ece0f4e1768cddf8853bb2d551b");
  const auto opened = decrypt(key, sealed, bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  EXPECT_EQ(*opened, text);
}

TEST(CipherTest, never_uses_a_nonce_twice) {
  SeededRandom random(1);
  std::set<std::string> nonces;
  for (int i = 0; i < 1'000; ++i) nonces.insert(encrypt(a_key(1), "x", "", random).substr(0, 12));
  EXPECT_EQ(nonces.size(), 1'000);
}

}  // namespace
}  // namespace muster::seal
