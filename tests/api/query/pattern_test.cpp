// The matcher agrees with what the syntax means, refuses what it does not know, and stays linear on the patterns that
// bring backtracking matchers down.
#include "api/query/pattern.h"

#include <gtest/gtest.h>

#include <random>
#include <regex>
#include <string>

namespace muster::query {
namespace {

struct Row {
  const char* pattern;
  const char* value;
  bool matches;
};

class PatternTest : public ::testing::TestWithParam<Row> {};

TEST_P(PatternTest, matches_the_whole_value) {
  const auto& row = GetParam();
  auto pattern = Pattern::compile(row.pattern);
  ASSERT_TRUE(pattern.ok()) << row.pattern << ": " << pattern.error().message;
  EXPECT_EQ(pattern->matches(row.value), row.matches) << row.pattern << " on " << row.value;
}

INSTANTIATE_TEST_SUITE_P(
    rows, PatternTest,
    ::testing::Values(Row{"", "", true}, Row{"", "a", false}, Row{"t2.*", "t2.small", true},
                      Row{"t2.*", "xt2.small", false}, Row{"t2\\..*", "t2xsmall", false},
                      Row{"(t2|m5)\\.(small|large)", "m5.large", true}, Row{"(t2|m5)\\.(small|large)", "m5.", false},
                      Row{"(?:ab)+", "ababab", true}, Row{"(?:ab)+", "aba", false}, Row{"(ab){2}", "abab", true},
                      Row{"(ab){2}", "ab", false}, Row{"a{2,3}", "aa", true}, Row{"a{2,3}", "aaaa", false},
                      Row{"a{2,}", "aaaaaa", true}, Row{"a{2,}", "a", false}, Row{"a{0}", "", true},
                      Row{"[a-c]+", "abccba", true}, Row{"[a-c]+", "abd", false}, Row{"[^a-c]+", "xyz", true},
                      Row{"[^a-c]+", "xaz", false}, Row{"[]a]+", "]a]", true}, Row{"[a-]+", "a-a", true},
                      Row{"[\\d.]+", "1.2.3", true}, Row{"\\d{3}-\\w+", "123-x_y", true}, Row{"\\D+", "12", false},
                      Row{"a?b?c?", "ac", true}, Row{"^abc$", "abc", true}, Row{"a^b", "ab", false},
                      Row{"x*", "", true}, Row{"(a*)*", "aaaa", true}, Row{"(a*)*b", "aaaa", false},
                      Row{"(|a)+", "aaa", true}, Row{"a|b|", "", true}, Row{".", "\n", false},
                      Row{"a.*?b", "axxb", true}, Row{"\\.", ".", true}, Row{"us-east-1[ab]", "us-east-1b", true}));

TEST(Pattern, refuses_what_it_does_not_know_and_says_where) {
  const std::pair<const char*, const char*> rows[] = {
      {"a(b", "expected ) at position 4"},
      {"ab)", "unmatched ) at position 3"},
      {"*a", "nothing to repeat at position 1"},
      {"a**", "two quantifiers in a row at position 3"},
      {"a*+", "possessive quantifiers are not supported at position 3"},
      {"(?=a)", "look-around, flags and named groups are not supported at position 3"},
      {"(?i)a", "look-around, flags and named groups are not supported at position 3"},
      {"a\\1", "\\1 is not supported at position 3"},
      {"\\bword", "\\b is not supported at position 2"},
      {"[z-a]", "a range whose ends are the wrong way round at position 5"},
      {"[abc", "expected ] at position 5"},
      {"a{3,2}", "a repetition whose bounds are the wrong way round at position 6"},
      {"a{5000}", "a repetition of more than 1000 at position 6"},
      {"a{x}", "expected a number at position 3"},
      {"a\\", "a backslash at the end at position 3"},
  };
  for (const auto& [text, message] : rows) {
    auto pattern = Pattern::compile(text);
    ASSERT_FALSE(pattern.ok()) << text;
    EXPECT_EQ(pattern.error().code, Code::invalid);
    EXPECT_NE(pattern.error().message.find(message), std::string::npos) << text << ": " << pattern.error().message;
  }
}

TEST(Pattern, bounds_what_repetitions_of_repetitions_cost) {
  EXPECT_FALSE(Pattern::compile("((a{1000}){1000}){1000}").ok());
  EXPECT_FALSE(Pattern::compile("((){1000}){1000}").ok());
  EXPECT_FALSE(Pattern::compile(std::string(100, '(') + std::string(100, ')')).ok());
}

TEST(Pattern, is_not_brought_down_by_patterns_that_backtrack_without_end) {
  const std::string value(2000, 'a');
  for (const char* text : {"(a+)+b", "(a|a)*b", "(a|aa)+b", "(.*)*b", "(a?){500}a{500}b"}) {
    auto pattern = Pattern::compile(text);
    ASSERT_TRUE(pattern.ok()) << text;
    EXPECT_FALSE(pattern->matches(value)) << text;
  }
}

// Small random patterns and values against the standard library's matcher.
TEST(Pattern, agrees_with_the_standard_library) {
  std::mt19937 random(7);
  const auto draw = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
  const auto pattern_text = [&](const auto& self, unsigned depth) -> std::string {
    std::string out;
    for (unsigned i = 0, n = 1 + draw(3); i < n; ++i) {
      switch (draw(depth > 0 ? 6 : 4)) {
        case 0: out += 'a'; break;
        case 1: out += 'b'; break;
        case 2: out += '.'; break;
        case 3: out += draw(2) != 0 ? "[ab]" : "[^a]"; break;
        default: out += "(" + self(self, depth - 1) + (draw(2) != 0 ? "|" + self(self, depth - 1) : "") + ")"; break;
      }
      const char* quantifiers[] = {"", "", "*", "+", "?", "{2}", "{1,2}"};
      out += quantifiers[draw(7)];
    }
    return out;
  };
  int matched = 0;
  for (int round = 0; round < 500; ++round) {
    const std::string text = pattern_text(pattern_text, 2);
    auto pattern = Pattern::compile(text);
    ASSERT_TRUE(pattern.ok()) << text << ": " << pattern.error().message;
    const std::regex reference(text);
    for (int i = 0; i < 4; ++i) {
      std::string value;
      for (unsigned n = draw(7); n > 0; --n) value += "abc"[draw(3)];
      const bool expected = std::regex_match(value, reference);
      ASSERT_EQ(pattern->matches(value), expected) << text << " on " << value;
      matched += expected ? 1 : 0;
    }
  }
  EXPECT_GT(matched, 100);
}

}  // namespace
}  // namespace muster::query
