// What a driver is asked to create.
#include "controllers/task/container_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/controllers/task/world.h"

namespace muster::task::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

DesiredTask with(ContainerDefinition definition) {
  return task_of({std::move(definition)});
}

TEST(ContainerConfig, names_and_labels_say_whose_it_is) {
  ContainerDefinition app = container("app");
  app.docker_labels = {{"team", "blue"}, {"muster.dev/task-uid", "forged"}};
  const ContainerConfig config = container_config(with(app), identity, "app");
  EXPECT_EQ(config.name, "muster-web-3-app-0123456789abcdef0123456789abcdef");
  EXPECT_THAT(
      config.labels,
      ::testing::UnorderedElementsAre(
          Pair("team", "blue"), Pair("muster.dev/cluster-uid", "cluster-1"),
          Pair("muster.dev/container-instance", "host-1"),
          Pair("muster.dev/task-uid", "0123456789abcdef0123456789abcdef"), Pair("muster.dev/namespace", "default"),
          Pair("muster.dev/service", "web"), Pair("muster.dev/task", "web-0-0-00000000"),
          Pair("muster.dev/container", "app"), Pair("muster.dev/revision", "web:3"),
          Pair("com.amazonaws.ecs.task-arn",
               "arn:aws:ecs:local:000000000000:task/default/0123456789abcdef0123456789abcdef"),
          Pair("com.amazonaws.ecs.container-name", "app"), Pair("com.amazonaws.ecs.cluster", "default"),
          Pair("com.amazonaws.ecs.task-definition-family", "web"),
          Pair("com.amazonaws.ecs.task-definition-version", "3")));
}

TEST(ContainerConfig, a_task_without_service_has_no_service_label) {
  DesiredTask desired = with(container("app"));
  desired.spec.group = "family:web";
  EXPECT_FALSE(container_config(desired, identity, "app").labels.contains("muster.dev/service"));
}

TEST(ContainerConfig, long_names_are_shortened_and_stay_different) {
  const std::string one = std::string(200, 'a') + "1";
  const std::string two = std::string(200, 'a') + "2";
  const DesiredTask desired = task_of({container(one), container(two)});
  EXPECT_LT(container_name(desired, one).size(), 200u);
  EXPECT_NE(container_name(desired, one), container_name(desired, two));
}

TEST(ContainerConfig, overrides_change_command_environment_and_sizes) {
  ContainerDefinition app = container("app");
  app.command = {"serve"};
  app.entry_point = {"/entry"};
  app.environment = {{"A", "1"}, {"B", "2"}, {"A", "3"}};
  app.cpu = 256;
  app.memory = 128;
  app.memory_reservation = 64;
  DesiredTask desired = with(app);
  ContainerConfig config = container_config(desired, identity, "app");
  EXPECT_THAT(config.command, ElementsAre("serve"));
  EXPECT_THAT(config.environment, ElementsAre(Pair("A", "3"), Pair("B", "2")));
  EXPECT_EQ(config.cpu_shares, 256);
  EXPECT_EQ(config.memory_bytes, 128 << 20);
  EXPECT_EQ(config.memory_reservation_bytes, 64 << 20);

  ContainerOverride changed;
  changed.name = "app";
  changed.command = {"migrate", "--now"};
  changed.environment = {{"B", "two"}, {"C", "4"}};
  changed.cpu = 512;
  changed.memory = 256;
  changed.memory_reservation = 200;
  desired.spec.overrides.container_overrides = {changed};
  config = container_config(desired, identity, "app");
  EXPECT_THAT(config.command, ElementsAre("migrate", "--now"));
  EXPECT_THAT(config.entry_point, ElementsAre("/entry"));
  EXPECT_THAT(config.environment, ElementsAre(Pair("A", "3"), Pair("B", "two"), Pair("C", "4")));
  EXPECT_EQ(config.cpu_shares, 512);
  EXPECT_EQ(config.memory_bytes, 256 << 20);
  EXPECT_EQ(config.memory_reservation_bytes, 200 << 20);
}

struct SizeRow {
  const char* name;
  std::int32_t cpu;
  std::optional<std::int32_t> memory;
  const char* task_cpu;
  const char* task_memory;
  std::int64_t shares, bytes;
};
class ContainerSizes : public ::testing::TestWithParam<SizeRow> {};

TEST_P(ContainerSizes, follow_container_then_task) {
  const SizeRow& row = GetParam();
  ContainerDefinition app = container("app");
  app.cpu = row.cpu;
  app.memory = row.memory;
  DesiredTask desired = with(app);
  auto definition = std::make_shared<TaskDefinitionSpec>(*desired.definition);
  definition->cpu = row.task_cpu;
  definition->memory = row.task_memory;
  desired.definition = definition;
  const ContainerConfig config = container_config(desired, identity, "app");
  EXPECT_EQ(config.cpu_shares, row.shares);
  EXPECT_EQ(config.memory_bytes, row.bytes);
}

INSTANTIATE_TEST_SUITE_P(all, ContainerSizes,
                         ::testing::Values(SizeRow{"nothing", 0, std::nullopt, "", "", 2, 0},
                                           SizeRow{"own", 100, 64, "", "", 100, 64 * mib},
                                           SizeRow{"too_small", 1, 4, "", "", 2, 6 * mib},
                                           SizeRow{"too_many_shares", 1'000'000, std::nullopt, "", "", 262'144, 0},
                                           SizeRow{"of_the_task", 0, std::nullopt, "512", "1024", 512, 1024 * mib},
                                           SizeRow{"own_before_task", 100, 64, "512", "1024", 100, 64 * mib}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(ContainerConfig, kernel_options_are_in_bytes_and_swap_lies_on_top_of_the_memory) {
  ContainerDefinition app = container("app");
  app.memory = 64;
  app.ulimits = {{"nofile", 1024, 2048}};
  LinuxParameters& linux_parameters = app.linux_parameters.emplace();
  linux_parameters.shared_memory_size = 8;
  linux_parameters.tmpfs = {{"/run", 4, {"noexec", "mode=1777"}}, {"/tmp", 2, {}}};
  linux_parameters.swappiness = 10;
  ContainerConfig config = container_config(with(app), identity, "app");
  EXPECT_EQ(config.shared_memory_bytes, 8 << 20);
  EXPECT_THAT(config.tmpfs, ElementsAre(Pair("/run", "noexec,mode=1777,size=4m"), Pair("/tmp", "size=2m")));
  EXPECT_EQ(config.ulimits, app.ulimits);
  EXPECT_EQ(config.memory_and_swap_bytes, 0);
  EXPECT_FALSE(config.swappiness) << "counts with maxSwap only";
  app.linux_parameters->max_swap = 0;
  config = container_config(with(app), identity, "app");
  EXPECT_EQ(config.memory_and_swap_bytes, config.memory_bytes) << "no swap";
  EXPECT_EQ(config.swappiness, 10);
  app.linux_parameters->max_swap = 16;
  EXPECT_EQ(container_config(with(app), identity, "app").memory_and_swap_bytes, 80 << 20);
}

TEST(ContainerConfig, ports_and_links_exist_in_bridge_mode_only) {
  ContainerDefinition app = container("app");
  app.port_mappings = {PortMapping{80, 0, Protocol::tcp, {}, {}}};
  app.links = {"db:database", "cache"};
  DesiredTask desired = task_of({app, container("db"), container("cache")});
  ContainerConfig config = container_config(desired, identity, "app");
  EXPECT_EQ(config.ports.size(), 1u);
  EXPECT_THAT(config.links,
              ElementsAre(container_name(desired, "db") + ":database", container_name(desired, "cache") + ":cache"));
  auto definition = std::make_shared<TaskDefinitionSpec>(*desired.definition);
  definition->network_mode = NetworkMode::host;
  desired.definition = definition;
  config = container_config(desired, identity, "app");
  EXPECT_THAT(config.ports, IsEmpty());
  EXPECT_THAT(config.links, IsEmpty());
}

}  // namespace
}  // namespace muster::task::testing
