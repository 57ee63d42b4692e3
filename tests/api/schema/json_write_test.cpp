// Written JSON reads back as the same values, whatever the strings and numbers.
#include "api/schema/json_write.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "api/schema/json.h"
#include "tests/api/schema/sample.h"

namespace muster {
namespace {

using sample::parsed;

TEST(JsonWrite, integers_at_their_edges) {
  std::string out;
  append_integer(out, std::numeric_limits<std::int64_t>::min());
  out += ' ';
  append_integer(out, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(out, "-9223372036854775808 9223372036854775807");
}

TEST(JsonWrite, what_json_cannot_say_is_null) {
  std::string out;
  append_number(out, std::numeric_limits<double>::infinity());
  append_number(out, std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(out, "nullnull");
}

TEST(JsonWrite, writes_strings_with_escapes) {
  std::string out;
  append_json_string(out, std::string_view("a\"\\/\b\f\n\r\t\x01\x7f\0é日", 17));
  EXPECT_EQ(out, "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f\\u0000é日\"");
  out.clear();
  append_json_string(out, "a\xff\xe2\x82z\xed\xa0\x80");
  EXPECT_EQ(out, "\"a\uFFFD\uFFFD\uFFFDz\uFFFD\uFFFD\uFFFD\"");
}

TEST(JsonWrite, writes_numbers_that_read_back_the_same) {
  for (const double value : {0.1, 3.0, -0.0, 1e20, 1e300, 5e-324, 123456789012345680.0, -2.5}) {
    Node node;
    node.kind = Node::Kind::number;
    node.number = value;
    const Node back = parsed(write_json(node));
    EXPECT_EQ(back.kind, Node::Kind::number) << write_json(node);
    EXPECT_EQ(back.number, value);
    EXPECT_EQ(std::signbit(back.number), std::signbit(value));
  }
}

TEST(JsonWrite, pretty_printing) {
  EXPECT_EQ(write_json_pretty(parsed(R"({"a":[1,{"b":[]}],"c":{}})")),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}\n");
}

TEST(JsonWrite, random_trees_survive_writing_and_reading) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 3000; ++round) {
    const Node node = sample::random_node(random, 5);
    EXPECT_TRUE(equal(node, parsed(write_json(node)))) << write_json(node);
    EXPECT_TRUE(equal(node, parsed(write_json_pretty(node)))) << write_json(node);
  }
}

}  // namespace
}  // namespace muster
