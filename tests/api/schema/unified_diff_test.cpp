// The output is a patch: applying it to the one text gives the other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "api/base/text.h"
#include "api/schema/difference.h"
#include "api/schema/yaml.h"
#include "tests/api/schema/sample.h"

namespace muster {
namespace {

using sample::parsed;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) lines.emplace_back(line);
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

// Applies the hunks as `patch` does, checking every line it passes.
std::vector<std::string> patched(const std::vector<std::string>& before, const std::string& diff) {
  std::vector<std::string> out;
  std::size_t at = 0;
  const std::vector<std::string> lines = lines_of(diff);
  for (std::size_t i = 2; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    if (line.starts_with("@@ -")) {
      const std::size_t comma = line.find(',');
      auto start = static_cast<std::size_t>(*parse_int(std::string_view(line).substr(4, comma - 4)));
      const auto count = *parse_int(std::string_view(line).substr(comma + 1, line.find(' ', comma) - comma - 1));
      if (count > 0) --start;
      while (at < start) out.push_back(before.at(at++));
      continue;
    }
    if (line[0] != '+') {
      EXPECT_EQ(before.at(at++), line.substr(1));
    }
    if (line[0] != '-') out.push_back(line.substr(1));
  }
  while (at < before.size()) out.push_back(before[at++]);
  return out;
}

void expect_patch(const Node& before, const Node& after) {
  const std::string diff = unified_diff(before, after, "before", "after");
  EXPECT_EQ(patched(lines_of(write_yaml(before)), diff), lines_of(write_yaml(after))) << diff;
}

TEST(UnifiedDiff, shows_three_lines_around_a_change) {
  EXPECT_EQ(unified_diff(parsed(R"({"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9})"),
                         parsed(R"({"a":1,"b":2,"c":3,"d":4,"e":6,"f":6,"g":7,"h":8,"i":9})"), "live", "web.yaml"),
            "--- live\n+++ web.yaml\n@@ -2,7 +2,7 @@\n b: 2\n c: 3\n d: 4\n-e: 5\n+e: 6\n f: 6\n g: 7\n h: 8\n");
}

TEST(UnifiedDiff, of_equal_documents_is_empty) {
  EXPECT_EQ(unified_diff(parsed("{}"), parsed("{}"), "a", "b"), "");
}

TEST(UnifiedDiff, of_a_new_document_adds_all_lines) {
  EXPECT_EQ(unified_diff(Node{}, parsed(R"({"a":1,"b":2})"), "live", "new"),
            "--- live\n+++ new\n@@ -0,0 +1,2 @@\n+a: 1\n+b: 2\n");
  EXPECT_EQ(unified_diff(parsed(R"({"a":1})"), Node{}, "live", "new"), "--- live\n+++ new\n@@ -1,1 +0,0 @@\n-a: 1\n");
}

TEST(UnifiedDiff, is_a_patch) {
  std::mt19937_64 random(9);
  for (int round = 0; round < 500; ++round) {
    Node before = Node::list();
    for (auto lines = 1 + random() % 60; lines > 0; --lines) {
      before.items.push_back(Node::of(static_cast<std::int64_t>(random() % 9)));
    }
    Node after = before;
    for (auto edits = random() % 8; edits > 0; --edits) {
      const auto position = static_cast<std::ptrdiff_t>(random() % after.items.size());
      if (random() % 2 == 0) {
        after.items.insert(after.items.begin() + position, Node::of(std::int64_t{10}));
      } else if (after.items.size() > 1) {
        after.items.erase(after.items.begin() + position);
      }
    }
    if (!equal(before, after)) expect_patch(before, after);
  }
}

TEST(UnifiedDiff, is_the_shortest) {
  const Node before = parsed(R"(["a","b","c","a","b","b","a"])");
  const Node after = parsed(R"(["c","b","a","b","a","c"])");
  const std::string diff = unified_diff(before, after, "x", "y");
  EXPECT_EQ(std::ranges::count(diff, '\n') - 3, 9) << diff;  // Myers' own example: 4 kept, 3 removed, 2 added
}

TEST(UnifiedDiff, gives_up_on_very_different_texts) {
  Node before = Node::list();
  Node after = Node::list();
  for (std::int64_t i = 0; i < 20'000; ++i) {
    before.items.push_back(Node::of(i));
    after.items.push_back(Node::of(i < 10 ? i : -i));
  }
  expect_patch(before, after);
}

}  // namespace
}  // namespace muster
