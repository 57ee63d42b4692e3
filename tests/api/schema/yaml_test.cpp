// YAML in: what the core schema says, and that every trap of the parser beneath is closed. YAML out: nothing changes
// its meaning on the way.
#include "api/schema/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/schema/json.h"
#include "tests/api/schema/sample.h"

namespace muster {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// All documents as JSON, one a line; or the error.
std::string read(std::string_view text) {
  auto documents = parse_yaml(text);
  if (!documents.ok()) {
    EXPECT_TRUE(valid_utf8(documents.error().message));
    return "error: " + documents.error().message;
  }
  std::string out;
  for (const Node& document : *documents) out += (out.empty() ? "" : "\n") + write_json(document);
  return out;
}

std::string scalar(std::string_view text) {
  return read(str("a: ", text));
}

TEST(Yaml, reads_documents) {
  EXPECT_EQ(read("a: 1\nb:\n- x\n- y: [1, {c: d}]\n  z: |\n    one\n    two\n"),
            R"({"a":1,"b":["x",{"y":[1,{"c":"d"}],"z":"one\ntwo\n"}]})");
  EXPECT_EQ(read("a: 1\n---\nb: 2\n---\n# nothing\n---\n~\n---\nc: 3\n"), "{\"a\":1}\n{\"b\":2}\n{\"c\":3}");
  EXPECT_EQ(read("--- foo\n...\nbar\n"), "\"foo\"\n\"bar\"");
  EXPECT_EQ(read("a: 1\n...\n# comment\n\nb: 2\n"), "{\"a\":1}\n{\"b\":2}");
  EXPECT_EQ(read("%YAML 1.2\n---\na: 1\n"), R"({"a":1})");
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("# only a comment\n"), "");
  EXPECT_EQ(read("---\n---\n"), "");
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "a: 1"),
            R"({"a":1})");
  EXPECT_EQ(read("a: 1\r\nb: 2\r\n"), R"({"a":1,"b":2})");
}

TEST(Yaml, plain_scalars_follow_the_core_schema) {
  for (const std::string_view text : {"null", "Null", "NULL", "~", ""})
    EXPECT_EQ(scalar(text), R"({"a":null})") << text;
  for (const std::string_view text : {"true", "True", "TRUE"}) EXPECT_EQ(scalar(text), R"({"a":true})") << text;
  for (const std::string_view text : {"false", "False", "FALSE"}) EXPECT_EQ(scalar(text), R"({"a":false})") << text;
  for (const std::string_view text :
       {"yes", "no",  "on",         "off",   "y", "n", "nULL", "tRUE", "1_000", "12:30:45", "0b11", "1e",
        "0x",  "0o8", "2026-11-22", "1.2.3", "+", ".", "--1",  "e3",   "1 2",   "=",        "0xg"}) {
    EXPECT_EQ(scalar(text), str("{\"a\":\"", text, "\"}"));
  }
  EXPECT_EQ(scalar("010"), R"({"a":10})");
  EXPECT_EQ(scalar("0o17"), R"({"a":15})");
  EXPECT_EQ(scalar("0xfF"), R"({"a":255})");
  EXPECT_EQ(scalar("-7"), R"({"a":-7})");
  EXPECT_EQ(scalar("+7"), R"({"a":7})");
  EXPECT_EQ(scalar("1e3"), R"({"a":1000.0})");
  EXPECT_EQ(scalar(".5"), R"({"a":0.5})");
  EXPECT_EQ(scalar("1."), R"({"a":1.0})");
  EXPECT_EQ(scalar("-1.5E-2"), R"({"a":-0.015})");
  EXPECT_EQ(scalar("1e-999"), R"({"a":0.0})");
  EXPECT_EQ(scalar("9223372036854775807"), R"({"a":9223372036854775807})");
  EXPECT_EQ(scalar("-9223372036854775808"), R"({"a":-9223372036854775808})");
  EXPECT_EQ(scalar("9223372036854775808"), R"({"a":9223372036854775808.0})");
  for (const std::string_view text : {".inf", "-.Inf", ".NaN", "1e999"}) {
    EXPECT_THAT(scalar(text), HasSubstr("line 1, column 4: ")) << text;
    EXPECT_THAT(scalar(text), HasSubstr("is not a finite number")) << text;
  }
}

TEST(Yaml, quoted_scalars_are_strings) {
  for (const std::string_view text : {"1", "true", "null", "~", "", "0x10", "<<", "a b"}) {
    EXPECT_EQ(scalar(str('"', text, '"')), str("{\"a\":\"", text, "\"}"));
    EXPECT_EQ(scalar(str('\'', text, '\'')), str("{\"a\":\"", text, "\"}"));
  }
  EXPECT_EQ(read("a: |\n  12\n"), R"({"a":"12\n"})");
  EXPECT_EQ(read("\"<<\": 1"), R"({"<<":1})");
}

// yaml-cpp makes one byte of the first two, which no text may hold.
TEST(Yaml, escapes_of_separators_are_characters) {
  const auto read = parse_yaml(R"("é\N6\_\L\P": "\N\u00e9\_")");
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read->front().members.size(), 1U);
  EXPECT_EQ(read->front().members[0].first,
            "é\u0085"
            "6\u00A0\u2028\u2029");
  EXPECT_EQ(read->front().members[0].second.text, "\u0085é\u00A0");
}

TEST(Yaml, tags_are_those_of_the_core_schema) {
  EXPECT_EQ(scalar("!!str 12"), R"({"a":"12"})");
  EXPECT_EQ(scalar("! 12"), R"({"a":"12"})");
  EXPECT_EQ(scalar("!!int \"12\""), R"({"a":12})");
  EXPECT_EQ(scalar("!!float 12"), R"({"a":12})");
  EXPECT_EQ(scalar("!!bool true"), R"({"a":true})");
  EXPECT_EQ(scalar("!!map {b: !!seq [1]}"), R"({"a":{"b":[1]}})");
  for (const std::string_view text :
       {"!!int x", "!!bool 1", "!custom 1", "!!binary aGk=", "!!set {a, b}", "!!timestamp x", "!!map [1]",
        "!!python/object:os.system x", "!<tag:x,2000:y> 1"}) {
    EXPECT_THAT(scalar(text), HasSubstr("is not supported here")) << text;
  }
}

TEST(Yaml, keys_are_strings) {
  EXPECT_EQ(read("1: a\ntrue: b\n\"c\": d\n"), R"({"1":"a","true":"b","c":"d"})");
  EXPECT_THAT(read("null: 1"), StartsWith("error: line 1, column 1: a key must be a string"));
  EXPECT_THAT(read("[a]: 1\nb: 2"), StartsWith("error: "));
  EXPECT_THAT(read("? [a]\n: 1"), HasSubstr("a key must be a string, not a list or a map"));
  EXPECT_THAT(read("x: &a b\n*a : 1"), HasSubstr("an alias cannot be a key"));
}

TEST(Yaml, refuses_repeated_keys_with_their_place) {
  EXPECT_EQ(read("a: 1\nb:\n  c: 1\n  c: 2\n"), "error: line 4, column 3: the key \"c\" appears twice in one map");
  EXPECT_EQ(read("x: {a: 1, a: 2}"), "error: line 1, column 11: the key \"a\" appears twice in one map");
  std::string many;
  for (int i = 0; i < 100; ++i) many += str("k", i, ": 0\n");
  EXPECT_EQ(read(many + "k7: 1\n"), "error: line 101, column 1: the key \"k7\" appears twice in one map");
}

TEST(Yaml, takes_the_last_of_repeated_keys_where_asked_to) {
  std::vector<std::string> repeated;
  const auto read = parse_yaml("a: &x {b: 1, b: 2}\nc: *x\na: 3\n---\nd: 1\n---\nd: [{e: 1, e: 2}]\n", repeated);
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->size(), 3U);
  EXPECT_EQ(write_json(read->at(0)), R"({"c":{"b":2},"a":3})");
  EXPECT_EQ(write_json(read->at(2)), R"({"d":[{"e":2}]})");
  EXPECT_THAT(repeated, testing::ElementsAre("a", "c.b", "d[0].e"));
}

TEST(Yaml, expands_aliases) {
  EXPECT_EQ(read("a: &x {b: [1, 2]}\nc: *x\nd: [*x]\n"), R"({"a":{"b":[1,2]},"c":{"b":[1,2]},"d":[{"b":[1,2]}]})");
  EXPECT_EQ(read("- &a 1\n- &b [*a, *a]\n- [*b, {c: *b}]\n"), "[1,[1,1],[[1,1],{\"c\":[1,1]}]]");
  EXPECT_EQ(read("- &a 1\n- *a\n- &a 2\n- *a\n"), "[1,1,2,2]");
  EXPECT_EQ(read("- &a\n- *a\n"), "[null,null]");
}

TEST(Yaml, aliases_have_a_budget) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 20; ++i) {
    bomb += str("a", i, ": &a", i, " [");
    for (int j = 0; j < 9; ++j) bomb += str(j > 0 ? "," : "", "*a", i - 1);
    bomb += "]\n";
  }
  EXPECT_THAT(read(bomb), HasSubstr("aliases add more than 1000 values"));
  std::string anchors;
  for (int i = 0; i < 2000; ++i) anchors += str("- &a", i, " x\n");
  EXPECT_THAT(read(anchors), HasSubstr("more than 1000 anchors"));
}

TEST(Yaml, refuses_cycles_and_unknown_aliases) {
  EXPECT_THAT(read("&a [*a]"), HasSubstr("the alias refers to a value that contains it"));
  EXPECT_THAT(read("x: &a {b: {c: *a}}"), HasSubstr("line 1, column 15: the alias refers to a value that contains it"));
  EXPECT_THAT(read("x: *a"), HasSubstr("line 1, column 4: "));
  EXPECT_THAT(read("x: &a 1\n---\ny: *a"), HasSubstr("line 3, column 4: "));
}

TEST(Yaml, refuses_merge_keys) {
  EXPECT_EQ(read("a: &x {b: 1}\nc:\n  <<: *x\n"),
            "error: line 3, column 3: merge keys (<<) are not supported; write the fields out");
}

TEST(Yaml, refuses_text_after_a_value) {
  EXPECT_THAT(read("\"foo\" bar"), HasSubstr("line 1, column 7: unexpected text"));
  EXPECT_THAT(read("[a] b"), StartsWith("error: "));
  EXPECT_THAT(read("x: 1\n---\n'a' b\n"), HasSubstr("line 3, column 5: "));
  EXPECT_THAT(read(","), StartsWith("error: "));
  EXPECT_THAT(read("\"foo\",\"bar\""), StartsWith("error: "));
  for (const std::string_view text :
       {"a: b: c", "a: \"x\" y", "a: [1, 2", "a: [1] 2", "a:\n\t- b", "a: 'x", "- a\nb: 1", "a: 1\n b: 2", "a: @x",
        "a: `x`", "a: %x", "}", "a: *", "a: &", "key\nother: 1", "- [a\n- b"}) {
    EXPECT_THAT(read(text), StartsWith("error: line ")) << text;
  }
}

TEST(Yaml, refuses_bytes_that_are_no_text) {
  EXPECT_EQ(read("a: 1\nb: é\xff"), "error: line 2, column 5: not valid UTF-8");
  EXPECT_EQ(read(std::string_view("a: b\0c", 6)), "error: line 1, column 5: a control character is not allowed");
  EXPECT_THAT(read("a: 1\x04\nb: 2"), HasSubstr("a control character"));
  EXPECT_THAT(read(std::string_view("\xFF\xFE"
                                    "a\0",
                                    4)),
              StartsWith("error: "));
  EXPECT_THAT(read(std::string_view("a\0:\0 \0", 6)), StartsWith("error: "));
}

TEST(Yaml, limits_depth_documents_and_size) {
  EXPECT_THAT(read(str("a: ", std::string(1U << 20U, '['))), StartsWith("error: line 1, column "));
  EXPECT_THAT(read(str("a: ", std::string(100, '['), std::string(100, ']'))),
              HasSubstr("nested deeper than 64 levels"));
  EXPECT_THAT(read(std::string(1U << 20U, '[')), HasSubstr("nested deeper than 64 levels"));
  std::string deep;
  for (std::size_t i = 0; i < 100; ++i) deep += std::string(i, ' ') + "a:\n";
  EXPECT_THAT(read(deep), HasSubstr("nested deeper than 64 levels"));
  std::string dashes;
  for (int i = 0; i < 1000; ++i) dashes += "- ";
  EXPECT_THAT(read(dashes), HasSubstr("nested deeper than 64 levels"));
  std::string documents;
  for (std::size_t i = 0; i <= limits::manifest_documents; ++i) documents += "---\n";
  EXPECT_THAT(read(documents), HasSubstr("more than 5000 documents"));
  std::string values = "a: [0";
  for (std::size_t i = 0; i < limits::document_nodes; ++i) values += ",0";
  EXPECT_THAT(read(values + "]"), HasSubstr("more than 200000 values"));
  auto large = parse_yaml(std::string(limits::manifest_bytes + 1, '#'));
  ASSERT_FALSE(large.ok());
  EXPECT_EQ(large.error().code, Code::too_large);
}

TEST(Yaml, remembers_places) {
  const auto place = [](const Node& value) { return str(value.mark.line, ':', value.mark.column); };
  const Node node = parse_yaml("# comment\na:\n  é: 1\n  ü: {x: 2, é: 3, y: 4}\nb:\n- c: 1\n- 2\n")->front();
  EXPECT_EQ(place(*node.find("a")), "2:1");
  const Node& inner = *node.find("a")->find("ü");
  EXPECT_EQ(place(inner), "4:3");
  EXPECT_EQ(place(*inner.find("y")), "4:19");
  EXPECT_EQ(place(node.find("b")->items[0]), "6:3");
  EXPECT_EQ(place(*node.find("b")->items[0].find("c")), "6:3");
  EXPECT_EQ(place(node.find("b")->items[1]), "7:3");
  const Node second = (*parse_yaml("a: 1\n---\n\nb: 2\n"))[1];
  EXPECT_EQ(place(*second.find("b")), "4:1");
}

TEST(Yaml, what_begins_like_json_may_be_yaml) {
  EXPECT_EQ(read("{spec: {desiredCount: 4}}"), R"({"spec":{"desiredCount":4}})");
  EXPECT_EQ(read("[a, b]"), R"(["a","b"])");
  const auto neither = parse_yaml(R"({"a": 1,, "b"})");
  ASSERT_FALSE(neither.ok());
  const auto json = parse_json(R"({"a": 1,, "b"})");
  ASSERT_FALSE(json.ok());
  EXPECT_EQ(neither.error().message, json.error().message) << "it was meant to be JSON";
}

TEST(Yaml, json_is_read_as_json) {
  EXPECT_EQ(read("  {\"a\": 1e3}\n"), R"({"a":1000.0})");
  EXPECT_THAT(read("{\"a\": 1,,}"), HasSubstr("not valid JSON"));
  EXPECT_THAT(read("{\"a\": 1, \"a\": 2}"), HasSubstr("appears twice"));
  EXPECT_EQ(read("{\"a\": 1}\n---\n{\"a\": 2}\n"), "{\"a\":1}\n{\"a\":2}");
}

}  // namespace
}  // namespace muster
