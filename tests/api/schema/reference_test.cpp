// What `explain` prints, to the letter.
#include "api/schema/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "api/base/text.h"
#include "tests/api/schema/sample.h"

namespace muster {
namespace {

using namespace sample;  // NOLINT: the sample model is what all these tests are about
using testing::HasSubstr;

TEST(Reference, explains_an_object) {
  auto text = explain(*type_of<Thing>(), {"spec", "deploymentConfiguration"}, "KIND:     Thing\nVERSION:  v1");
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(*text,
            "KIND:     Thing\nVERSION:  v1\n\n"
            "FIELD: deploymentConfiguration <Rollout>\n\n"
            "DESCRIPTION:\n    How to roll out.\n\n"
            "FIELDS:\n"
            "  maximumPercent\t<integer>\n    Upper bound.\n    100 to 1000; default 200\n\n"
            "  minimumHealthyPercent\t<integer>\n    Lower bound.\n    0 to 100; default 100\n\n"
            "  settle\t<duration>\n    How long a task must run.\n    0s to 1h\n\n");
}

TEST(Reference, explains_a_scalar) {
  auto text = explain(*type_of<Thing>(), {"spec", "schedulingStrategy"}, "");
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(*text,
            "FIELD: schedulingStrategy <string>\n\nDESCRIPTION:\n    The way of counting.\n"
            "    one of REPLICA, DAEMON; default REPLICA\n");
}

TEST(Reference, goes_through_lists_and_maps) {
  EXPECT_THAT(*explain(*type_of<Spec>(), {"containerDefinitions", "portMappings", "hostPort"}, ""),
              HasSubstr("Outside."));
  EXPECT_THAT(*explain(*type_of<Spec>(), {"namedPorts", "hostPort"}, ""), HasSubstr("Outside."));
  EXPECT_THAT(*explain(*type_of<Spec>(), {"canary", "settle"}, ""), HasSubstr("How long"));
  EXPECT_THAT(*explain(*type_of<Thing>(), {}, ""), HasSubstr("  spec\t<Spec> -required-\n"));
}

TEST(Reference, unknown_fields_get_a_suggestion) {
  auto text = explain(*type_of<Thing>(), {"spec", "desiredCunt"}, "");
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().code, Code::not_found);
  EXPECT_EQ(text.error().message, R"(Spec has no field "desiredCunt", did you mean "desiredCount"?)");
  text = explain(*type_of<Thing>(), {"spec", "family", "x"}, "");
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().message, "family has no fields: it is a string");
}

TEST(Reference, type_texts) {
  EXPECT_EQ(type_text(*type_of<std::vector<Container>>()), "[]Container");
  EXPECT_EQ(type_text(*type_of<Spec>()->find("namedPorts")->type()), "map[string]Port");
  EXPECT_EQ(type_text(*type_of<Spec>()->find("lostAfter")->type()), "duration");
  EXPECT_EQ(type_text(*type_of<Spec>()->find("extra")->type()), "any");
}

TEST(Reference, limits) {
  const auto limits = [](const Type& type, std::string_view field) { return limits_text(*type.find(field), type); };
  EXPECT_EQ(limits(*type_of<Container>(), "dockerLabels"),
            "each key is a word without spaces and slashes; each at most 30 bytes");
  EXPECT_EQ(limits(*type_of<Spec>(), "containerDefinitions"), "at most 5 items; unique by name");
  EXPECT_EQ(limits(*type_of<Spec>(), "tier"), "default standard");
  EXPECT_EQ(limits(*type_of<Container>(), "essential"), "default true");
  EXPECT_EQ(limits(*type_of<Container>(), "image"), "");
}

TEST(Reference, wraps_at_80_columns) {
  Type type;
  type.name = "Long";
  std::string doc;
  for (int i = 0; i < 60; ++i) doc += "lorem ipsum ";
  type.doc = doc;
  const std::string text = *explain(type, {}, "");
  for (const std::string_view line : split(text, '\n')) {
    EXPECT_LE(line.size(), 80U);
  }
  EXPECT_GT(std::ranges::count(text, '\n'), 9);
}

}  // namespace
}  // namespace muster
