// The ECS example in manifests/examples is accepted with the warning that it is there to show.
#include <gtest/gtest.h>

#include "api/ecs/task_definition.h"
#include "api/types/kinds.h"
#include "tests/api/ecs/sample.h"

namespace muster::ecs {
namespace {

TEST(Example, TaskDefinitionOfEcs) {
  const Node node = testing::sample("../../../../manifests/examples/taskdef.json");
  ASSERT_TRUE(is_ecs_task_definition(node));
  std::vector<Warning> warnings;
  const auto object = from_ecs(node, warnings);
  ASSERT_TRUE(object.ok()) << object.error().text();
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_EQ(warnings[0].field, "requiresCompatibilities");
  EXPECT_EQ(warnings[1].field, "containerDefinitions[0].logConfiguration");
  (*object)->metadata.ns = "default";
  EXPECT_TRUE(validate_object(**object).ok()) << validate_object(**object).error().text();
}

}  // namespace
}  // namespace muster::ecs
