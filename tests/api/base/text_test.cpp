#include "api/base/text.h"

#include <gtest/gtest.h>

#include <set>

namespace muster {
namespace {

using Views = std::vector<std::string_view>;

TEST(text, str_joins_strings_and_numbers) {
  EXPECT_EQ(str("task ", std::string("web"), ' ', 3, '/', -4L, ' ', true, ' ', 5U), "task web 3/-4 true 5");
  EXPECT_EQ(str(), "");
}

TEST(text, split_keeps_empty_parts) {
  EXPECT_EQ(split("a,b,,c", ','), (Views{"a", "b", "", "c"}));
  EXPECT_EQ(split("", ','), (Views{""}));
  EXPECT_EQ(split(",", ','), (Views{"", ""}));
}

TEST(text, join_is_the_way_back) {
  EXPECT_EQ(join({"a", "b", ""}, ", "), "a, b, ");
  EXPECT_EQ(join({}, ","), "");
}

TEST(text, trim_takes_white_space_off_both_ends) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(text, to_lower_leaves_other_alphabets_alone) {
  EXPECT_EQ(to_lower("AbZ\u00c4-9"), "abz\u00c4-9");
}

TEST(text, parse_int_takes_whole_decimal_texts) {
  EXPECT_EQ(parse_int("0"), 0);
  EXPECT_EQ(parse_int("-17"), -17);
  EXPECT_EQ(parse_int("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_int("-9223372036854775808"), INT64_MIN);
  for (const char* bad : {"", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808", "1a", "--1"}) {
    EXPECT_EQ(parse_int(bad), std::nullopt) << bad;
  }
}

TEST(text, valid_utf8_knows_the_edges) {
  for (const char* good :
       {"", "a", "\u00e9", "\u20ac", "\U0001f600", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"}) {
    EXPECT_TRUE(valid_utf8(good)) << good;
  }
  const char* bad[] = {"\x80",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x9f\xbf",
                       "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
                       "\xc3",         "\xe2\x82",         "\xf0\x9f\x98",     "a\xff",
                       "\xc3(",        "\xe2(\xac"};
  for (const char* text : bad) EXPECT_FALSE(valid_utf8(text));
}

TEST(text, nearest_suggests_what_was_meant) {
  const Views kinds = {"services", "tasks", "clusters", "containerInstances"};
  EXPECT_EQ(nearest("servics", kinds), "services");
  EXPECT_EQ(nearest("sevrices", kinds), "services");
  EXPECT_EQ(nearest("TASKS", kinds), "tasks");
  EXPECT_EQ(nearest("containerinstance", kinds), "containerInstances");
  EXPECT_EQ(nearest("volumes", kinds), std::nullopt);
  EXPECT_EQ(nearest("", kinds), std::nullopt);
  EXPECT_EQ(nearest("x", {}), std::nullopt);
  EXPECT_EQ(nearest(std::string(1'000'000, 'a'), kinds), std::nullopt);
}

TEST(text, stable_hash_never_changes) {
  // Names of stored objects are made of it: a new value here breaks every cluster that exists.
  EXPECT_EQ(hex(stable_hash(""), 16), "f52a15e9a9b5e89b");
  EXPECT_EQ(hex(stable_hash("web"), 16), hex(stable_hash("web", 0), 16));
  EXPECT_NE(stable_hash("web"), stable_hash("web", 1));
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 10'000; ++i) seen.insert(stable_hash(std::to_string(i)) & 0xffffffffU);
  EXPECT_GT(seen.size(), 9'990U);  // also the lower half alone spreads
}

TEST(text, hex_shows_the_lowest_digits) {
  EXPECT_EQ(hex(0x1234abcdU, 8), "1234abcd");
  EXPECT_EQ(hex(0x1234abcdU, 4), "abcd");
  EXPECT_EQ(hex(5, 3), "005");
  EXPECT_EQ(hex(~0ULL, 16), "ffffffffffffffff");
}

}  // namespace
}  // namespace muster
