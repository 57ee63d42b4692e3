// The reader against nlohmann/json: the same texts accepted, the same values read. Texts are whole documents, and
// documents with some bytes changed, which reach every refusal.
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <random>

#include "api/base/text.h"
#include "api/schema/json.h"

namespace muster {
namespace {

using Json = nlohmann::ordered_json;

// Whether nlohmann accepts the text, no object having a name twice.
bool accepted(const std::string& text, Json& value) {
  bool unique = true;
  std::vector<std::vector<std::string>> names;
  const auto see = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) names.emplace_back();
    if (event == Json::parse_event_t::object_end) names.pop_back();
    if (event == Json::parse_event_t::key) {
      const auto name = parsed.get<std::string>();
      for (const std::string& other : names.back()) unique = unique && other != name;
      names.back().push_back(name);
    }
    return true;
  };
  value = Json::parse(text, see, false);
  return !value.is_discarded() && unique;
}

bool same(const Node& node, const Json& json) {
  switch (node.kind) {
    case Node::Kind::null: return json.is_null();
    case Node::Kind::boolean: return json.is_boolean() && json.get<bool>() == node.boolean;
    case Node::Kind::integer: return json.is_number_integer() && json.get<std::int64_t>() == node.integer;
    case Node::Kind::number: return json.is_number() && json.get<double>() == node.number;
    case Node::Kind::string: return json.is_string() && json.get_ref<const std::string&>() == node.text;
    case Node::Kind::list: {
      if (!json.is_array() || json.size() != node.items.size()) return false;
      for (std::size_t i = 0; i < json.size(); ++i) {
        if (!same(node.items[i], json[i])) return false;
      }
      return true;
    }
    case Node::Kind::map: {
      if (!json.is_object() || json.size() != node.members.size()) return false;
      std::size_t i = 0;
      for (const auto& [name, value] : json.items()) {
        if (node.members[i].first != name || !same(node.members[i].second, value)) return false;
        ++i;
      }
      return true;
    }
  }
  return false;
}

void compare(const std::string& text) {
  Json expected;
  const bool valid = accepted(text, expected);
  const auto node = parse_json(text);
  ASSERT_EQ(node.ok(), valid) << write_json(Node::of(text)) << '\n' << (node.ok() ? "" : node.error().message);
  if (valid) {
    ASSERT_TRUE(same(*node, expected)) << text;
  } else {
    ASSERT_TRUE(valid_utf8(node.error().message));
  }
}

class Documents {
 public:
  explicit Documents(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  std::string document() {
    std::string out = space();
    append(out, 0);
    return out + space();
  }
  // Some bytes replaced, removed or put in: mostly ones that mean something in JSON.
  std::string damaged(std::string text) {
    constexpr std::string_view bytes = "{}[]\",:\\/0123456789eE+-.utrfalsn \n\t\x01\x7f\x80\xc3\xa9\xff\xed\xa0\xf4";
    for (std::size_t i = 1 + below(3); i > 0 && !text.empty(); --i) {
      const std::size_t place = below(text.size());
      const char byte = bytes[below(bytes.size())];
      switch (below(4)) {
        case 0: text[place] = byte; break;
        case 1: text.erase(place, 1); break;
        case 2: text.insert(place, 1, byte); break;
        case 3: text.resize(place); break;
      }
    }
    return text;
  }

 private:
  template <std::size_t size>
  std::string_view one_of(const std::array<std::string_view, size>& choices) {
    return choices[below(size)];
  }
  std::string space() { return std::string(one_of(std::array<std::string_view, 5>{"", "", " ", "\n", "\r\n\t "})); }
  std::string string() {
    static constexpr std::array<std::string_view, 16> pieces = {
        "a",
        "web",
        "é",
        "\\u00e9",
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "日本",
        "\\ud83d\\ude00",
        "😀",
        "\\u0000",
        "\x7f",
        " ",
        "\\b\\f\\r\\t",
        "a string that is longer than what fits into one without an allocation"};
    std::string out = "\"";
    for (std::size_t i = below(4); i > 0; --i) out += one_of(pieces);
    return out + '"';
  }
  void append(std::string& out, int depth) {
    static constexpr std::array<std::string_view, 21> scalars = {"null",
                                                                 "true",
                                                                 "false",
                                                                 "0",
                                                                 "-0",
                                                                 "1",
                                                                 "-1",
                                                                 "1.5",
                                                                 "-2.25e-3",
                                                                 "1E+2",
                                                                 "9223372036854775807",
                                                                 "9223372036854775808",
                                                                 "-9223372036854775808",
                                                                 "-9223372036854775809",
                                                                 "18446744073709551616",
                                                                 "1e308",
                                                                 "5e-324",
                                                                 "1e-999",
                                                                 "0.1",
                                                                 "123456789012345678901234567890",
                                                                 "2.2250738585072011e-308"};
    const std::size_t choice = depth > 5 ? below(2) : below(4);
    if (choice == 0) {
      out += one_of(scalars);
    } else if (choice == 1) {
      out += string();
    } else {
      const bool map = choice == 2;
      const std::size_t count = below(8) == 0 ? 40 : below(5);
      out += map ? '{' : '[';
      for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) out += ',' + space();
        // Now and then a name that was there before.
        if (map) out += str("\"n", below(30) == 0 ? below(i + 1) : i, "\"", space(), ":", space());
        append(out, count == 40 ? 6 : depth + 1);
      }
      out += map ? '}' : ']';
    }
  }

  std::mt19937_64 random_;
};

TEST(JsonOracle, agrees_on_documents_and_damaged_documents) {
  Documents documents(20'261'122);
  for (int i = 0; i < 3'000 && !testing::Test::HasFatalFailure(); ++i) {
    const std::string text = documents.document();
    compare(text);
    for (int j = 0; j < 5; ++j) compare(documents.damaged(text));
  }
}

TEST(JsonOracle, agrees_on_short_texts) {
  // All texts of up to four of the bytes that mean something.
  constexpr std::string_view bytes = "{}[]\",:0-.e1 \\t";
  std::string text;
  const auto extend = [&](const auto& self) -> void {
    if (!trim(text).empty()) compare(text);
    if (text.size() == 4 || testing::Test::HasFatalFailure()) return;
    for (const char byte : bytes) {
      text += byte;
      self(self);
      text.pop_back();
    }
  };
  extend(extend);
}

TEST(JsonOracle, agrees_on_a_byte_order_mark) {
  compare("\xEF\xBB\xBF{}");
  compare("\xEF\xBB\xBF");
  compare("\xEF\xBB{}");
  compare("{}\xEF\xBB\xBF");
}

TEST(JsonOracle, agrees_on_every_escape_of_four_digits) {
  for (unsigned int point = 0; point < 0x10000; point += point < 0xD000 || point >= 0xE100 ? 17 : 1) {
    compare(str("\"\\u", hex(point, 4), "\""));
    if (point % 7 == 0) compare(str("\"\\u", hex(point, 4), "\\uDC0", hex(point % 16, 1), "\""));
  }
}

}  // namespace
}  // namespace muster
