// Proves that packed keys are a sorted list of texts, whatever beginnings they share.
#include "api/state/packed_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace muster {
namespace {

std::vector<std::string> texts(const PackedKeys& keys) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < keys.count(); ++i) {
    out.push_back(keys.key(i));
    EXPECT_TRUE(keys.equals(i, out.back()));
    EXPECT_EQ(std::string(keys.prefix()) + std::string(keys.rest(i)), out.back());
  }
  return out;
}

TEST(PackedKeys, keep_a_shared_beginning_once) {
  PackedKeys keys;
  keys.insert(0, "tasks/default/a");
  keys.insert(1, "tasks/default/b");
  EXPECT_EQ(keys.prefix(), "tasks/default/");
  keys.insert(2, "tasks/other/a");
  EXPECT_EQ(keys.prefix(), "tasks/");
  keys.insert(0, "");
  EXPECT_EQ(keys.prefix(), "");
  EXPECT_EQ(texts(keys), (std::vector<std::string>{"", "tasks/default/a", "tasks/default/b", "tasks/other/a"}));
  PackedKeys tail = keys.split_off(1);
  EXPECT_EQ(tail.prefix(), "tasks/");
  EXPECT_EQ(texts(keys), (std::vector<std::string>{""}));
}

TEST(PackedKeys, are_a_sorted_list) {
  std::mt19937_64 random(1);
  // Bytes of both halves of the alphabet: their order is that of unsigned numbers.
  const std::string alphabet(
      "\0\x01"
      "ab\x7f\x80\xff",
      7);
  const auto text = [&] {
    std::string out = random() % 2 == 0 ? "shared/" : "";
    for (std::uint64_t size = random() % 8; size > 0; --size) out += alphabet[random() % alphabet.size()];
    return out;
  };
  for (int round = 0; round < 300; ++round) {
    PackedKeys keys;
    std::vector<std::string> expected;
    for (int step = 0; step < 150; ++step) {
      const std::string key = text();
      const auto place = std::lower_bound(expected.begin(), expected.end(), key);
      const auto index = static_cast<std::size_t>(place - expected.begin());
      ASSERT_EQ(keys.lower_bound(key), index);
      const bool there = place != expected.end() && *place == key;
      ASSERT_EQ(keys.upper_bound(key), index + (there ? 1 : 0));
      if (there) {
        keys.erase(index);
        expected.erase(place);
      } else if (expected.size() < PackedKeys::most) {
        keys.insert(index, key);
        expected.insert(place, key);
      } else {
        PackedKeys copy = keys;
        const std::size_t cut = random() % expected.size();
        const PackedKeys tail = copy.split_off(cut);
        const auto middle = expected.begin() + static_cast<std::ptrdiff_t>(cut);
        ASSERT_EQ(texts(copy), std::vector<std::string>(expected.begin(), middle));
        ASSERT_EQ(texts(tail), std::vector<std::string>(middle, expected.end()));
        keys = copy;
        expected.erase(middle, expected.end());
      }
    }
    ASSERT_EQ(texts(keys), expected);
  }
}

}  // namespace
}  // namespace muster
