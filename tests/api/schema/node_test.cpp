// What proves the tree: RFC 7386's own examples, and equality that ignores order and marks but not values.
#include "api/schema/node.h"

#include <gtest/gtest.h>

#include "api/schema/json.h"
#include "tests/api/schema/sample.h"

namespace muster {
namespace {

using sample::parsed;

struct PatchCase {
  std::string_view target, patch, result;
};

class MergePatch : public testing::TestWithParam<PatchCase> {};

TEST_P(MergePatch, follows_the_rfc) {
  Node target = parsed(GetParam().target);
  merge_patch(target, parsed(GetParam().patch));
  EXPECT_EQ(write_json(target), write_json(parsed(GetParam().result)));
}

// RFC 7386, appendix A.
INSTANTIATE_TEST_SUITE_P(appendix, MergePatch,
                         testing::Values(PatchCase{R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
                                         PatchCase{R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
                                         PatchCase{R"({"a":"b"})", R"({"a":null})", R"({})"},
                                         PatchCase{R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
                                         PatchCase{R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
                                         PatchCase{R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
                                         PatchCase{R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})",
                                                   R"({"a":{"b":"d"}})"},
                                         PatchCase{R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
                                         PatchCase{R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
                                         PatchCase{R"({"a":"b"})", R"(["c"])", R"(["c"])"},
                                         PatchCase{R"({"a":"foo"})", R"(null)", R"(null)"},
                                         PatchCase{R"({"a":"foo"})", R"("bar")", R"("bar")"},
                                         PatchCase{R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
                                         PatchCase{R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
                                         PatchCase{R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"}));

TEST(Node, patching_keeps_the_order_of_the_members) {
  Node target = parsed(R"({"a":1,"b":2,"c":3,"d":4})");
  merge_patch(target, parsed(R"({"e":5,"b":null,"a":{"x":1},"f":null})"));
  EXPECT_EQ(write_json(target), R"({"a":{"x":1},"c":3,"d":4,"e":5})");
}

TEST(Node, equality_ignores_order_of_members) {
  EXPECT_TRUE(equal(parsed(R"({"a":1,"b":[{}, null]})"), parsed(R"({"b":[{},null],"a":1})")));
  EXPECT_FALSE(equal(parsed(R"({"a":1})"), parsed(R"({"b":1})")));
  EXPECT_FALSE(equal(parsed(R"({"a":1})"), parsed(R"({"a":1,"b":1})")));
  EXPECT_FALSE(equal(parsed("[1,2]"), parsed("[2,1]")));
  EXPECT_FALSE(equal(parsed("[]"), parsed("{}")));
  EXPECT_FALSE(equal(parsed("\"1\""), parsed("1")));
  EXPECT_FALSE(equal(parsed("false"), parsed("null")));
}

TEST(Node, equality_of_numbers_is_exact) {
  EXPECT_TRUE(equal(parsed("3"), parsed("3.0")));
  EXPECT_TRUE(equal(parsed("2.5"), parsed("25e-1")));
  EXPECT_FALSE(equal(parsed("9007199254740993"), parsed("9007199254740992.0")));
  EXPECT_FALSE(equal(parsed("9223372036854775807"), parsed("9223372036854775808")));
}

TEST(Node, finds_adds_and_erases_members) {
  Node node = Node::map();
  node.at("a") = Node::of(std::string("x"));
  node.at("b") = Node::of(std::int64_t{2});
  EXPECT_EQ(node.text_of("a"), "x");
  EXPECT_EQ(node.text_of("b"), "");
  EXPECT_EQ(node.text_of("c"), "");
  node.erase("a");
  EXPECT_EQ(node.find("a"), nullptr);
  EXPECT_EQ(write_json(node), R"({"b":2})");
  EXPECT_EQ(Node::list().find("a"), nullptr);
}

}  // namespace
}  // namespace muster
