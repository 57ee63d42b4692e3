#include "runtime/base/random.h"

#include <gtest/gtest.h>

#include <set>

namespace muster {
namespace {

TEST(random, seeded_numbers_are_the_same_everywhere) {
  SeededRandom random(1234567);
  // The reference values of splitmix64.
  EXPECT_EQ(random.next(), 6457827717110365317U);
  EXPECT_EQ(random.next(), 3203168211198807973U);
  EXPECT_EQ(random.next(), 9817491932198370423U);
}

TEST(random, identities_are_32_hex_digits_and_differ) {
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = random_hex32(random);
    EXPECT_EQ(id.size(), 32U);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 1000U);
}

}  // namespace
}  // namespace muster
