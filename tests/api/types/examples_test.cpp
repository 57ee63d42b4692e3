// Every example in manifests/examples is what it says: it decodes strictly, passes validation and survives a round
// trip; and every kind that users write has one.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/schema/yaml.h"
#include "api/types/kinds.h"
#include "tests/support/source_dir.h"

namespace muster {
namespace {

namespace fs = std::filesystem;

fs::path examples() {
  return testing::source_dir() / "manifests" / "examples";
}

std::vector<fs::path> files(std::string_view extension) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(examples())) {
    if (entry.path().extension() == extension) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<Node> documents(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  auto nodes = parse_yaml(text.str());
  EXPECT_TRUE(nodes.ok()) << path << ": " << nodes.error().text();
  return nodes.ok() ? *nodes : std::vector<Node>();
}

TEST(Examples, AreValid) {
  ASSERT_FALSE(files(".yaml").empty());
  for (const fs::path& path : files(".yaml")) {
    SCOPED_TRACE(path.filename().string());
    const std::vector<Node> nodes = documents(path);
    EXPECT_FALSE(nodes.empty());
    for (const Node& node : nodes) {
      const std::string source = path.filename().string();
      DecodeOptions options;
      options.source = source;
      std::vector<Warning> warnings;
      const auto object = decode_object(node, nullptr, options, &warnings);
      ASSERT_TRUE(object.ok()) << object.error().text();
      EXPECT_TRUE(warnings.empty());
      // As the command line and kubectl do it.
      if ((*object)->kind->scope == Scope::namespaced && (*object)->metadata.ns.empty()) {
        (*object)->metadata.ns = "default";
      }
      (*object)->kind->defaults(**object);
      EXPECT_TRUE(validate_object(**object).ok()) << validate_object(**object).error().text();
      EXPECT_TRUE(name_warnings(**object).empty());

      const auto as_yaml = parse_yaml(write_yaml(object_node(**object)));
      ASSERT_TRUE(as_yaml.ok()) << as_yaml.error().text();
      ASSERT_EQ(as_yaml->size(), 1U);
      const auto again = decode_object(as_yaml->front(), (*object)->kind, options, &warnings);
      ASSERT_TRUE(again.ok()) << again.error().text();
      EXPECT_EQ(encode_object(**again), encode_object(**object));
    }
  }
}

TEST(Examples, EveryKindThatUsersWriteHasOne) {
  const std::set<std::string_view> made_by_others = {"TaskDefinitionRevision", "TaskSet", "Event", "Lease",
                                                     "CustomResourceDefinition"};
  for (const Kind& kind : all_kinds()) {
    if (made_by_others.contains(kind.kind)) continue;
    const fs::path path = examples() / str(kind.singular, ".yaml");
    ASSERT_TRUE(fs::exists(path)) << path;
    const std::vector<Node> nodes = documents(path);
    ASSERT_EQ(nodes.size(), 1U);
    EXPECT_EQ(nodes[0].text_of("kind"), kind.kind);
  }
}

}  // namespace
}  // namespace muster
