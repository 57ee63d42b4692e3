// Strict reading: what is accepted, what is refused and at which place, and that hostile texts end quickly.
#include "api/schema/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "tests/api/schema/sample.h"

namespace muster {
namespace {

using sample::parsed;

std::string refusal(std::string_view text) {
  auto node = parse_json(text);
  if (node.ok()) return "accepted: " + write_json(*node);
  EXPECT_EQ(node.error().code, Code::malformed);
  EXPECT_TRUE(valid_utf8(node.error().message));
  return node.error().message;
}

TEST(Json, reads_every_kind) {
  EXPECT_EQ(write_json(parsed(" { \"a\" : [ 1 , -2.5 , true , false , null , \"x\\u00e9\\n\" ] , \"b\" : { } } ")),
            "{\"a\":[1,-2.5,true,false,null,\"xé\\n\"],\"b\":{}}");
}

TEST(Json, keeps_integers_of_64_bits) {
  EXPECT_EQ(parsed("9223372036854775807").integer, INT64_MAX);
  EXPECT_EQ(parsed("-9223372036854775808").integer, INT64_MIN);
  const Node big = parsed("9223372036854775808");
  EXPECT_EQ(big.kind, Node::Kind::number);
  EXPECT_EQ(big.number, 9223372036854775808.0);
  EXPECT_EQ(parsed("-9223372036854775809").kind, Node::Kind::number);
  EXPECT_EQ(parsed("3.0").kind, Node::Kind::number);
}

TEST(Json, remembers_places) {
  const Node node = parsed("{\n  \"a\": [1,\n    {\"é\": 2, \"b\": 3}],\n\"c\":\n\n 4}");
  const auto place = [](const Node& value) { return str(value.mark.line, ':', value.mark.column); };
  EXPECT_EQ(place(node), "1:1");
  const Node& list = *node.find("a");
  EXPECT_EQ(place(list), "2:3");
  EXPECT_EQ(place(list.items[0]), "2:9");
  EXPECT_EQ(place(list.items[1]), "3:5");
  EXPECT_EQ(place(*list.items[1].find("é")), "3:6");
  EXPECT_EQ(place(*list.items[1].find("b")), "3:14");  // columns count characters
  EXPECT_EQ(place(*node.find("c")), "4:1");
  const Node wire = parsed(R"({"a":[10,"x",{"b":[[1],2]}]})");
  EXPECT_EQ(place(wire.find("a")->items[1]), "1:10");
  EXPECT_EQ(place(wire.find("a")->items[2].find("b")->items[1]), "1:24");
}

TEST(Json, refuses_repeated_names) {
  EXPECT_EQ(refusal("{\"a\":1,\n \"b\":{\"a\":1}, \"a\":2}"),
            "line 2, column 15: the name \"a\" appears twice in one object");
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += str("\"k", i, "\":0,\n");
  EXPECT_EQ(refusal(many + "\"k7\":1}"), "line 101, column 1: the name \"k7\" appears twice in one object");
  EXPECT_TRUE(parse_json(many + "\"x\":1}").ok());
}

TEST(Json, takes_the_last_of_repeated_names_where_asked_to) {
  std::vector<std::string> repeated;
  const auto node = parse_json(R"({"a":1,"b":[0,{"c":{"x":1},"d":2,"c":3,"c":4}],"a":{"e":1,"e":2}})", repeated);
  ASSERT_TRUE(node.ok());
  EXPECT_EQ(write_json(*node), R"({"b":[0,{"d":2,"c":4}],"a":{"e":2}})");
  EXPECT_THAT(repeated, testing::ElementsAre("a", "b[1].c", "b[1].c", "a.e"));
  repeated.clear();
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += str("\"k", i, "\":0,");
  EXPECT_EQ(parse_json(many + "\"k7\":1}", repeated).value().find("k7")->integer, 1);
  EXPECT_THAT(repeated, testing::ElementsAre("k7"));
  repeated.clear();
  EXPECT_TRUE(parse_json(R"({"a":{"a":1}})", repeated).ok());
  EXPECT_FALSE(parse_json(R"({"a":1,"a":2,})", repeated).ok());
  EXPECT_THAT(repeated, testing::IsEmpty());
}

TEST(Json, refuses_what_is_not_json) {
  EXPECT_EQ(refusal(""), "line 1, column 1: the text is empty");
  EXPECT_EQ(refusal(" \n "), "line 1, column 1: the text is empty");
  EXPECT_THAT(refusal("{\"a\": 1,}"), testing::StartsWith("line 1, column 9: not valid JSON"));
  for (const std::string_view text : {"{",    "[1,]",    "[1 2]",   "{\"a\" 1}",   "{a:1}", "'a'",     "01",     "+1",
                                      ".5",   "1.",      "NaN",     "tru",         "\"a",   "\"\\x\"", "\"\n\"", "1 2",
                                      "[] x", "// c\n1", "/* */ 1", "\"\\ud800\"", "1e999", "-",       "]",      ","}) {
    EXPECT_THAT(refusal(text), testing::StartsWith("line ")) << text;
  }
}

TEST(Json, refuses_invalid_utf8) {
  for (const std::string_view text : {"\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
                                      "\"\xe2\x82\"", "{\"\xff\":1}", "\xff", "[\"a\", \xfe]"}) {
    EXPECT_THAT(refusal(text), testing::StartsWith("line 1, column ")) << write_json(Node::of(std::string(text)));
  }
}

TEST(Json, limits_depth_and_size) {
  EXPECT_THAT(refusal(std::string(1U << 20U, '[')), testing::HasSubstr("line 1, column 65: nested deeper than 64"));
  const std::size_t depth = limits::document_depth;
  EXPECT_TRUE(parse_json(std::string(depth, '[') + std::string(depth, ']')).ok());
  std::string nodes = "[0";
  for (std::size_t i = 0; i < limits::document_nodes; ++i) nodes += ",0";
  EXPECT_THAT(refusal(nodes + "]"), testing::HasSubstr("more than 200000 values"));
  auto large = parse_json(std::string(limits::manifest_bytes + 1, ' '));
  ASSERT_FALSE(large.ok());
  EXPECT_EQ(large.error().code, Code::too_large);
}

}  // namespace
}  // namespace muster
