// What a task as a whole may use.
#include "controllers/task/limits.h"

#include <gtest/gtest.h>

#include "tests/controllers/task/world.h"

namespace muster::task::testing {
namespace {

DesiredTask sized(const std::string& cpu, const std::string& memory) {
  ContainerDefinition app = container("app"), side = container("side");
  app.cpu = 100;
  DesiredTask desired = task_of({app, side});
  auto definition = std::make_shared<TaskDefinitionSpec>(*desired.definition);
  definition->cpu = cpu;
  definition->memory = memory;
  desired.definition = definition;
  return desired;
}

TEST(TaskLimits, AreThoseOfTheDefinitionOrItsOverrides) {
  EXPECT_EQ(task_limits(sized("", "")), std::nullopt);
  EXPECT_EQ(task_limits(sized("512", "")), (TaskLimits{512, 512, 0}));
  EXPECT_EQ(task_limits(sized("", "256")), (TaskLimits{102, 0, 256 * mib})) << "shares of its containers, 2 at least";
  EXPECT_EQ(task_limits(sized("2048", "256")), (TaskLimits{2048, 2048, 256 * mib}));
  DesiredTask overridden = sized("512", "256");
  overridden.spec.overrides.cpu = "1024";
  overridden.spec.overrides.memory = "512";
  EXPECT_EQ(task_limits(overridden), (TaskLimits{1024, 1024, 512 * mib}));
}

TEST(TaskLimits, AreInTheKernelsUnits) {
  EXPECT_EQ(kernel_shares(0), 2);
  EXPECT_EQ(kernel_shares(1'000'000), 262'144);
  EXPECT_EQ(kernel_weight(2), 1);
  EXPECT_EQ(kernel_weight(1024), 39) << "as runc has it";
  EXPECT_EQ(kernel_weight(262'144), 10'000);
  EXPECT_EQ(quota_us(1024), 100'000);
  EXPECT_EQ(quota_us(1536), 150'000);
  EXPECT_EQ(quota_us(1), 1'000) << "the kernel takes no less";
}

}  // namespace
}  // namespace muster::task::testing
