// Defaults that depend on other fields.
#include <gtest/gtest.h>

#include "api/types/cluster.h"
#include "api/types/kinds.h"
#include "api/types/service.h"
#include "api/types/task_run.h"

namespace muster {
namespace {

template <class T>
void fill_in(T& object) {
  object.kind->defaults(object);
  const T once = object;
  object.kind->defaults(object);
  EXPECT_EQ(object.spec, once.spec) << "a second time changes something";
}

TEST(Defaults, FamilyAndSizesOfADefinition) {
  TaskDefinition definition = make<TaskDefinition>();
  definition.metadata.name = "web";
  definition.spec.cpu = "0.5 vCPU";
  definition.spec.memory = "1GB";
  fill_in(definition);
  EXPECT_EQ(definition.spec.family, "web");
  EXPECT_EQ(definition.spec.cpu, "512");
  EXPECT_EQ(definition.spec.memory, "1024");

  definition.spec.family = "other";  // stays, for validation to refuse
  definition.spec.cpu = "much";
  fill_in(definition);
  EXPECT_EQ(definition.spec.family, "other");
  EXPECT_EQ(definition.spec.cpu, "much");
}

TEST(Defaults, PercentagesOfADaemon) {
  Service replica = make<Service>();
  fill_in(replica);
  EXPECT_EQ(replica.spec.deployment_configuration, DeploymentConfiguration{});

  Service daemon = make<Service>();
  daemon.spec.scheduling_strategy = SchedulingStrategy::daemon;
  fill_in(daemon);
  EXPECT_EQ(daemon.spec.deployment_configuration.maximum_percent, 100);
  EXPECT_EQ(daemon.spec.deployment_configuration.minimum_healthy_percent, 0);

  daemon.spec.deployment_configuration.minimum_healthy_percent = 75;
  daemon.spec.deployment_configuration.maximum_percent = 150;  // stays, for validation to refuse
  fill_in(daemon);
  EXPECT_EQ(daemon.spec.deployment_configuration.minimum_healthy_percent, 75);
  EXPECT_EQ(daemon.spec.deployment_configuration.maximum_percent, 150);
}

TEST(Defaults, GroupOfTasks) {
  Task task = make<Task>();
  task.spec.task_definition = "web:3";
  fill_in(task);
  EXPECT_EQ(task.spec.group, "family:web");
  task.spec.group = "service:web";
  fill_in(task);
  EXPECT_EQ(task.spec.group, "service:web");

  TaskRun run = make<TaskRun>();
  run.spec.task_definition = "migrate";
  run.spec.overrides.memory = "0.5GB";
  fill_in(run);
  EXPECT_EQ(run.spec.group, "family:migrate");
  EXPECT_EQ(run.spec.overrides.memory, "512");
}

TEST(Defaults, ClusterOfAnInstance) {
  ContainerInstance instance = make<ContainerInstance>();
  fill_in(instance);
  EXPECT_EQ(instance.spec.cluster, "default");
}

}  // namespace
}  // namespace muster
