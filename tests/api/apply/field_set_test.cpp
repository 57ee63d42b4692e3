// The set algebra of server-side apply and its wire form.
#include "api/apply/field_set.h"

#include <gtest/gtest.h>

namespace muster::apply {
namespace {

FieldSet set_of(const std::string& json) {
  auto set = read_fields(json);
  EXPECT_TRUE(set.ok()) << (set.ok() ? "" : set.error().text());
  return set.ok() ? std::move(set).value() : FieldSet{};
}

std::vector<std::string> paths(const FieldSet& set) {
  std::vector<std::string> found;
  each_member(set, [&](const std::string& path) { found.push_back(path); });
  return found;
}

TEST(FieldSet, ReadsAndWritesTheWireForm) {
  const std::string json =
      R"({"f:metadata":{"f:finalizers":{"v:\"a\"":{}},"f:labels":{".":{},"f:app":{}}},)"
      R"("f:spec":{"f:ports":{"k:{\"containerPort\":80,\"protocol\":\"tcp\"}":{".":{},"f:hostPort":{}}}}})";
  const FieldSet set = set_of(json);
  EXPECT_EQ(write_fields(set), json);
  EXPECT_EQ(paths(set),
            (std::vector<std::string>{".metadata.finalizers[=\"a\"]", ".metadata.labels", ".metadata.labels.app",
                                      ".spec.ports[containerPort=80,protocol=\"tcp\"]",
                                      ".spec.ports[containerPort=80,protocol=\"tcp\"].hostPort"}));
}

TEST(FieldSet, BringsKeysIntoOneSpelling) {
  EXPECT_EQ(set_of(R"({"k:{\"b\": 1, \"a\":2}":{}})"), set_of(R"({"k:{\"a\":2,\"b\":1}":{}})"));
}

TEST(FieldSet, RefusesWhatIsNoPath) {
  for (const std::string json : {R"({"spec":{}})", R"({"x:spec":{}})", R"({"k:{":{}})", R"({"f:a":1})", R"({"i:x":{}})",
                                 "[]", "", R"({"f:a":[]})", R"({"f:":{}})"}) {
    const auto set = read_fields(json);
    ASSERT_FALSE(set.ok()) << json;
    EXPECT_EQ(set.error().code, Code::malformed) << json;
  }
}

TEST(FieldSet, UnitesIntersectsAndSubtracts) {
  const FieldSet one = set_of(R"({"f:a":{".":{},"f:x":{}},"f:b":{}})");
  const FieldSet other = set_of(R"({"f:a":{"f:x":{},"f:y":{}},"f:c":{}})");
  EXPECT_EQ(write_fields(unite(one, other)), R"({"f:a":{".":{},"f:x":{},"f:y":{}},"f:b":{},"f:c":{}})");
  EXPECT_EQ(write_fields(intersect(one, other)), R"({"f:a":{"f:x":{}}})");
  EXPECT_EQ(write_fields(subtract(one, other)), R"({"f:a":{},"f:b":{}})");
  EXPECT_EQ(write_fields(subtract(other, one)), R"({"f:a":{"f:y":{}},"f:c":{}})");
  EXPECT_TRUE(subtract(one, one).empty());
}

}  // namespace
}  // namespace muster::apply
