// RFC 6902, with the examples of its appendix A and what clients get wrong.
#include "api/schema/json_patch.h"

#include <gtest/gtest.h>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/json.h"

namespace muster {
namespace {

Node json(std::string_view text) {
  auto node = parse_json(text);
  EXPECT_TRUE(node.ok()) << text;
  return node.ok() ? std::move(node).value() : Node{};
}

struct Example {
  std::string name, document, patch, result;
};
std::ostream& operator<<(std::ostream& out, const Example& example) {
  return out << example.name;
}

class JsonPatch : public ::testing::TestWithParam<Example> {};

TEST_P(JsonPatch, GivesTheResult) {
  Node document = json(GetParam().document);
  const Status status = json_patch(document, json(GetParam().patch));
  ASSERT_TRUE(status.ok()) << status.error().text();
  EXPECT_TRUE(equal(document, json(GetParam().result))) << write_json(document);
}

INSTANTIATE_TEST_SUITE_P(
    Rfc6902, JsonPatch,
    ::testing::Values(
        Example{"add_member", R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux"}])",
                R"({"baz":"qux","foo":"bar"})"},
        Example{"add_item", R"({"foo":["bar","baz"]})", R"([{"op":"add","path":"/foo/1","value":"qux"}])",
                R"({"foo":["bar","qux","baz"]})"},
        Example{"add_at_end", R"({"foo":["bar"]})", R"([{"op":"add","path":"/foo/-","value":["a"]}])",
                R"({"foo":["bar",["a"]]})"},
        Example{"add_replaces", R"({"foo":1})", R"([{"op":"add","path":"/foo","value":null}])", R"({"foo":null})"},
        Example{"remove_member", R"({"baz":"qux","foo":"bar"})", R"([{"op":"remove","path":"/baz"}])",
                R"({"foo":"bar"})"},
        Example{"remove_item", R"({"foo":["bar","qux","baz"]})", R"([{"op":"remove","path":"/foo/1"}])",
                R"({"foo":["bar","baz"]})"},
        Example{"replace", R"({"baz":"qux"})", R"([{"op":"replace","path":"/baz","value":"boo"}])", R"({"baz":"boo"})"},
        Example{"replace_all", R"({"baz":"qux"})", R"([{"op":"replace","path":"","value":[1]}])", "[1]"},
        Example{"move_member", R"({"foo":{"bar":1,"waldo":2},"qux":{}})",
                R"([{"op":"move","from":"/foo/waldo","path":"/qux/thud"}])", R"({"foo":{"bar":1},"qux":{"thud":2}})"},
        Example{"move_item", R"({"foo":["all","grass","cows","eat"]})",
                R"([{"op":"move","from":"/foo/1","path":"/foo/3"}])", R"({"foo":["all","cows","eat","grass"]})"},
        Example{"copy", R"({"a":{"b":1}})", R"([{"op":"copy","from":"/a","path":"/c"}])",
                R"({"a":{"b":1},"c":{"b":1}})"},
        Example{"test", R"({"baz":"qux","foo":["a",2,"c"]})",
                R"([{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}])",
                R"({"baz":"qux","foo":["a",2,"c"]})"},
        Example{"test_of_nothing", "{}", R"([{"op":"test","path":"/a","value":null}])", "{}"},
        Example{"ignores_other_members", R"({"foo":"bar"})", R"([{"op":"add","path":"/baz","value":"qux","xyz":123}])",
                R"({"foo":"bar","baz":"qux"})"},
        Example{"escapes", R"({"/":9,"~1":10})",
                R"([{"op":"test","path":"/~01","value":10},{"op":"remove","path":"/~1"}])", R"({"~1":10})"}),
    [](const auto& example) { return example.param.name; });

TEST(JsonPatchErrors, LeaveTheDocumentAsItWas) {
  const auto refuse = [](std::string_view document, std::string_view patch) {
    Node node = json(document);
    const Node before = node;
    const Status status = json_patch(node, json(patch));
    EXPECT_FALSE(status.ok()) << patch;
    EXPECT_TRUE(equal(node, before)) << patch;
    return status.ok() ? Code::internal : status.error().code;
  };
  EXPECT_EQ(refuse("{}", R"({"op":"add"})"), Code::malformed);
  EXPECT_EQ(refuse("{}", "[1]"), Code::malformed);
  EXPECT_EQ(refuse("{}", R"([{"op":"jump","path":"/a"}])"), Code::malformed);
  EXPECT_EQ(refuse("{}", R"([{"op":"add","path":"a","value":1}])"), Code::malformed);
  EXPECT_EQ(refuse("{}", R"([{"op":"add","path":"/a~2","value":1}])"), Code::malformed);
  EXPECT_EQ(refuse("{}", R"([{"op":"add","path":"/a"}])"), Code::malformed);
  EXPECT_EQ(refuse("{}", R"([{"op":"add","value":1}])"), Code::malformed);
  EXPECT_EQ(refuse("{}", R"([{"op":"copy","path":"/a"}])"), Code::malformed);
  EXPECT_EQ(refuse("{}", R"([{"op":"add","path":"/a/b","value":1}])"), Code::invalid);
  EXPECT_EQ(refuse("{}", R"([{"op":"replace","path":"/a","value":1}])"), Code::invalid);
  EXPECT_EQ(refuse("{}", R"([{"op":"remove","path":"/a"}])"), Code::invalid);
  EXPECT_EQ(refuse(R"({"a":[1]})", R"([{"op":"add","path":"/a/2","value":1}])"), Code::invalid);
  EXPECT_EQ(refuse(R"({"a":[1]})", R"([{"op":"remove","path":"/a/-"}])"), Code::invalid);
  EXPECT_EQ(refuse(R"({"a":[1]})", R"([{"op":"remove","path":"/a/00"}])"), Code::invalid);
  EXPECT_EQ(refuse(R"({"a":{"b":1}})", R"([{"op":"move","from":"/a","path":"/a/b/c"}])"), Code::invalid);
  // The first operation alone would succeed.
  EXPECT_EQ(refuse(R"({"a":1})", R"([{"op":"add","path":"/b","value":1},{"op":"test","path":"/a","value":2}])"),
            Code::invalid);
}

TEST(JsonPatchErrors, CopiesOfCopiesEnd) {
  std::string patch = "[";
  for (int i = 0; i < 40; ++i) {
    patch += str(i > 0 ? "," : "", R"({"op":"copy","from":"/a","path":"/a/x)", i, "\"}");
  }
  Node document = json(R"({"a":{"b":1}})");
  const Status status = json_patch(document, json(patch + "]"));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::too_large);
}

TEST(JsonPatchErrors, MovingManyValuesManyTimesEnds) {
  Node document = Node::map();
  document.at("x") = Node::list();
  document.at("x").items.resize(100'000);
  std::string patch = "[";
  for (int i = 0; i < 200; ++i) patch += str(i > 0 ? "," : "", R"({"op":"add","path":"/x/0","value":1})");
  const Status status = json_patch(document, json(patch + "]"));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::too_large);
  EXPECT_EQ(document.find("x")->items.size(), 100'000U);
}

TEST(JsonPatchErrors, CopiesOfLongTextsEnd) {
  Node document = json("{}");
  document.at("x") = Node::of(std::string(1'000'000, 'x'));
  std::string patch = "[";
  for (int i = 0; i < 10; ++i) patch += str(i > 0 ? "," : "", R"({"op":"copy","from":"/x","path":"/y)", i, "\"}");
  const Status status = json_patch(document, json(patch + "]"));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::too_large);
}

TEST(JsonPatchErrors, TooManyOperations) {
  std::string patch = "[";
  for (std::size_t i = 0; i <= limits::patch_operations; ++i) {
    patch += str(i > 0 ? "," : "", R"({"op":"test","path":"","value":{}})");
  }
  Node document = json("{}");
  const Status status = json_patch(document, json(patch + "]"));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::too_large);
}

}  // namespace
}  // namespace muster
