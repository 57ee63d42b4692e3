// Differences are found where a person would point at them.
#include "api/schema/difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/base/text.h"
#include "tests/api/schema/sample.h"

namespace muster {
namespace {

using sample::parsed;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> between(std::string_view before, std::string_view after) {
  std::vector<std::string> lines;
  for (const Difference& difference : differences(parsed(before), parsed(after))) {
    lines.push_back(str(difference.path, ": ", difference.before, " -> ", difference.after));
  }
  return lines;
}

TEST(Difference, of_equal_documents_there_is_none) {
  EXPECT_THAT(between(R"({"a":1,"b":[1,{"c":2}]})", R"({"b":[1,{"c":2.0}],"a":1})"), IsEmpty());
}

TEST(Difference, changed_added_and_removed) {
  EXPECT_THAT(between(R"({"spec":{"count":1,"old":[1],"same":0},"kind":"A"})",
                      R"({"spec":{"count":2,"same":0,"new":{"x":"y"}},"kind":"A"})"),
              ElementsAre("spec.count: 1 -> 2", "spec.old: [1] -> ", R"(spec.new:  -> {"x":"y"})"));
  EXPECT_THAT(between("1", "[]"), ElementsAre(": 1 -> []"));
  EXPECT_THAT(between(R"({"labels":{"a/b":"1"}})", R"({"labels":{"a/b":"2"}})"),
              ElementsAre(R"(labels[a/b]: "1" -> "2")"));
}

TEST(Difference, named_lists_are_compared_by_name) {
  EXPECT_THAT(between(R"({"c":[{"name":"app","image":"a:1"},{"name":"log"},{"name":"z"}]})",
                      R"({"c":[{"name":"new"},{"name":"app","image":"a:2"},{"name":"z"}]})"),
              ElementsAre(R"(c[name=app].image: "a:1" -> "a:2")", R"(c[name=log]: {"name":"log"} -> )",
                          R"(c[name=new]:  -> {"name":"new"})"));
  EXPECT_THAT(between(R"([{"name":"a"},{"name":"b"},{"name":"x"}])", R"([{"name":"b"},{"name":"a"}])"),
              ElementsAre(R"([name=x]: {"name":"x"} -> )", R"(: ["a","b"] -> ["b","a"])"));
}

TEST(Difference, other_lists_are_compared_by_position) {
  EXPECT_THAT(between(R"({"a":["x","y","z"]})", R"({"a":["x","q"]})"),
              ElementsAre(R"(a[1]: "y" -> "q")", R"(a[2]: "z" -> )"));
  EXPECT_THAT(between(R"([{"name":"a"},{"name":"a"}])", R"([{"name":"a"},{"name":"b"}])"),
              ElementsAre(R"([1].name: "a" -> "b")"));
}

TEST(Difference, no_difference_means_equal) {
  std::mt19937_64 random(8);
  for (int round = 0; round < 3000; ++round) {
    const Node one = sample::random_node(random, 4);
    const Node other = sample::random_node(random, 4);
    EXPECT_THAT(differences(one, one), IsEmpty());
    EXPECT_EQ(differences(one, other).empty(), equal(one, other));
  }
}

}  // namespace
}  // namespace muster
