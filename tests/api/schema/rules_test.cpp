// Limits at their edges, one value at a time.
#include "api/schema/rules.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/api/schema/sample.h"

namespace muster {
namespace {

using namespace std::chrono_literals;

TEST(Rules, the_edges_of_a_range_are_inside) {
  Field field;
  field.minimum = 6;
  field.maximum = 10;
  const Type& type = *type_of<std::int64_t>();
  EXPECT_FALSE(check_integer(type, &field, 6));
  EXPECT_FALSE(check_integer(type, &field, 10));
  EXPECT_EQ(check_integer(type, &field, 5)->message, "must be from 6 to 10, not 5");
  EXPECT_TRUE(check_integer(type, &field, 11));
  EXPECT_FALSE(check_integer(type, nullptr, INT64_MIN));
}

TEST(Rules, durations) {
  Field field;
  field.shortest = 1s;
  field.longest = 1min;
  EXPECT_FALSE(check_duration(&field, 1s));
  EXPECT_FALSE(check_duration(&field, 1min));
  EXPECT_TRUE(check_duration(&field, 999ms));
  EXPECT_TRUE(check_duration(&field, 61s));
  EXPECT_FALSE(check_duration(nullptr, -1s));
}

TEST(Rules, lengths_and_counts) {
  Field field;
  field.max_length = 3;
  field.max_items = 2;
  EXPECT_FALSE(check_text(&field, "abc"));
  EXPECT_EQ(check_text(&field, "abcd")->reason, reason::too_long);
  EXPECT_FALSE(check_count(&field, 2));
  EXPECT_EQ(check_count(&field, 3)->reason, reason::too_many);
}

TEST(Rules, suggestions) {
  EXPECT_EQ(suggestion("desiredCunt", {"family", "desiredCount"}), R"(, did you mean "desiredCount"?)");
  EXPECT_EQ(suggestion("REPLICAS", {"replicas"}), R"(, did you mean "replicas"?)");
  EXPECT_EQ(suggestion("zzz", {"family", ""}), "");
  EXPECT_EQ(suggestion(std::string(10'000, 'f'), {"family"}), "");
}

}  // namespace
}  // namespace muster
