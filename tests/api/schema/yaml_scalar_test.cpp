// A text is written without quotes only if it is a string to everybody.
#include "api/schema/yaml_scalar.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

TEST(YamlScalar, clear_words_need_no_quotes) {
  for (const std::string_view text : {"nginx", "nginx:1.27", "registry.example.org/team/web@sha256", "/bin/sh", "a b",
                                      "80/tcp", "spread(zone)", "x=1,y=2", "REPLICA", "http://host:80/x"}) {
    EXPECT_TRUE(is_plain_text(text)) << text;
    EXPECT_TRUE(resolve_scalar(text).is_string()) << text;
  }
}

TEST(YamlScalar, everything_doubtful_needs_quotes) {
  for (const std::string_view text :
       {"",    "~",    "null", "Null",  "true",  "yes",        "No",       "ON", "off", "y",    "N",    "1",    "1.5",
        "1e3", "0x1f", "010",  "1_000", "12:30", "2026-11-22", "10.0.0.1", "-a", "- a", "a: b", "a:",   "a #b", "#a",
        "*a",  "&a",   "!a",   "|",     ">",     "%a",         "@a",       "`a", "[a",  "{a",   "a\nb", "a\tb", "a ",
        " a",  "é",    "'a",   "\"a",   "?",     "=",          "<<",       ".5", "+1",  "nan",  "---"}) {
    EXPECT_FALSE(is_plain_text(text)) << text;
  }
}

TEST(YamlScalar, marks_numbers_that_are_too_large) {
  EXPECT_EQ(resolve_scalar("18446744073709551616").kind, Node::Kind::number);
  EXPECT_EQ(resolve_scalar("0xffffffffffffffff").number, 18446744073709551615.0);
  EXPECT_GT(resolve_scalar("0x10000000000000000").number, 1e300);
  EXPECT_EQ(resolve_scalar("-9223372036854775809").kind, Node::Kind::number);
}

}  // namespace
}  // namespace muster
