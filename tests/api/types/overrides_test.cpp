// What a task may change of its definition, and what must still fit together then.
#include "api/types/overrides.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TaskDefinitionSpec definition() {
  TaskDefinitionSpec spec;
  ContainerDefinition app, side;
  app.name = "app";
  app.cpu = 256;
  app.memory = 128;
  app.memory_reservation = 64;
  side.name = "side";
  side.memory = 64;
  spec.container_definitions = {app, side};
  spec.cpu = "512";
  spec.memory = "256";
  return spec;
}

TaskOverride of_app(const ContainerOverride& change) {
  TaskOverride overrides;
  overrides.container_overrides = {change};
  overrides.container_overrides[0].name = "app";
  return overrides;
}

// The findings as "field: message".
std::vector<std::string> findings(const TaskOverride& overrides) {
  std::vector<Cause> causes;
  check_overrides(overrides, Findings(causes, "overrides"));
  check_overrides_of(overrides, definition(), "web:1", Findings(causes, "overrides"));
  std::vector<std::string> out;
  for (const Cause& cause : causes) out.push_back(cause.field + ": " + cause.message);
  return out;
}

TEST(Overrides, that_fit_are_taken) {
  ContainerOverride change;
  change.cpu = 512;
  change.memory = 192;
  change.memory_reservation = 100;
  EXPECT_THAT(findings(of_app(change)), IsEmpty());
  EXPECT_THAT(findings(TaskOverride{}), IsEmpty());
  const TaskDefinitionSpec changed = overridden(definition(), of_app(change));
  EXPECT_EQ(changed.container_definitions[0].cpu, 512);
  EXPECT_EQ(changed.container_definitions[0].memory, 192);
  EXPECT_EQ(changed.container_definitions[0].memory_reservation, 100);
  EXPECT_EQ(changed.container_definitions[1], definition().container_definitions[1]);
}

TEST(Overrides, sizes_fit_those_of_the_definition) {
  ContainerOverride change;
  change.memory = 64;
  EXPECT_THAT(
      findings(of_app(change)),
      ::testing::ElementsAre(HasSubstr("overrides.containerOverrides[0].memory: Invalid value: 64: must be greater "
                                       "than memoryReservation of the definition (64)")));
  change = {};
  change.memory_reservation = 128;
  EXPECT_THAT(
      findings(of_app(change)),
      ::testing::ElementsAre(HasSubstr("containerOverrides[0].memoryReservation: Invalid value: 128: must be less")));
  change = {};
  change.memory_reservation = 300;
  change.memory = 301;
  EXPECT_THAT(
      findings(of_app(change)),
      ::testing::ElementsAre(HasSubstr("memoryReservation: Invalid value: 300: must not be greater than the memory "
                                       "of the task (256 MiB)"),
                             HasSubstr("overrides.containerOverrides: Forbidden: the containers' memory with the "
                                       "overrides (365 MiB) must not be more than that of the task (256 MiB)")));
  change = {};
  change.cpu = 513;
  EXPECT_THAT(findings(of_app(change)), ::testing::ElementsAre(HasSubstr("cpu with the overrides (513)")));
}

TEST(Overrides, of_the_task_hold_its_containers) {
  TaskOverride overrides;
  overrides.memory = "128";
  overrides.cpu = "128";
  EXPECT_THAT(findings(overrides), ::testing::ElementsAre(HasSubstr("overrides.memory: Invalid value: \"128\""),
                                                          HasSubstr("overrides.cpu: Invalid value: \"128\"")));
  ContainerOverride change;
  change.memory = 400;
  change.cpu = 1024;
  overrides = of_app(change);
  overrides.memory = "512";
  overrides.cpu = "1024";
  EXPECT_THAT(findings(overrides), IsEmpty()) << "both are raised";
}

TEST(Overrides, texts_reach_programs_whole) {
  ContainerOverride change;
  change.command = {"sh", std::string("a\0b", 3)};
  change.environment = {{"A", std::string("\0", 1)}};
  EXPECT_THAT(findings(of_app(change)),
              ::testing::ElementsAre(HasSubstr("containerOverrides[0].command[1]"),
                                     HasSubstr("containerOverrides[0].environment[0].value")));
}

}  // namespace
}  // namespace muster
