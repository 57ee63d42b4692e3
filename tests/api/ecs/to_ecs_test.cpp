// What describe-task-definition prints, and that reading it gives the same definition.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/ecs/task_definition.h"
#include "api/schema/describe.h"
#include "api/schema/encode.h"
#include "api/types/kinds.h"
#include "tests/api/ecs/sample.h"

namespace muster::ecs {
namespace {

TaskDefinitionRevision revision_of(const std::string& name) {
  std::vector<Warning> warnings;
  FromEcsOptions options;
  options.awsvpc = Awsvpc::as_bridge;
  const auto object = from_ecs(testing::sample(name), options, warnings);
  EXPECT_TRUE(object.ok()) << object.error().text();
  TaskDefinitionRevision revision = make<TaskDefinitionRevision>();
  if (object.ok()) revision.spec = (*object)->spec;
  revision.metadata.name = revision.spec.family + ":3";
  revision.metadata.creation_timestamp = Time{} + std::chrono::hours(480'000);
  revision.status.revision = 3;
  return revision;
}

TEST(ToEcs, DefaultsAreWrittenOut) {
  TaskDefinitionRevision revision = make<TaskDefinitionRevision>();
  revision.metadata.name = "web:3";
  revision.spec.family = "web";
  revision.status.revision = 3;
  revision.status.status = RevisionState::inactive;
  ContainerDefinition app;
  app.name = "app";
  app.image = "web:1";
  app.memory = 64;
  PortMapping port;
  port.container_port = 80;
  app.port_mappings = {port};
  revision.spec.container_definitions = {app};
  EXPECT_TRUE(equal(to_ecs(revision), testing::json(R"({
      "taskDefinitionArn": "arn:aws:ecs:local:000000000000:task-definition/web:3",
      "containerDefinitions": [{"name": "app", "image": "web:1", "cpu": 0, "memory": 64, "essential": true,
        "portMappings": [{"containerPort": 80, "hostPort": 0, "protocol": "tcp"}],
        "environment": [], "mountPoints": [], "volumesFrom": [], "systemControls": []}],
      "family": "web", "networkMode": "bridge", "revision": 3, "volumes": [], "status": "INACTIVE",
      "placementConstraints": [], "compatibilities": ["EXTERNAL", "EC2"],
      "registeredBy": "arn:aws:iam::000000000000:root"})")))
      << write_json_pretty(to_ecs(revision));

  revision.spec.network_mode = NetworkMode::host;
  const Node host = to_ecs(revision);
  EXPECT_EQ(host.find("containerDefinitions")->items[0].find("portMappings")->items[0].find("hostPort")->integer, 80);
}

TEST(ToEcs, ReadsBackAsTheSameDefinition) {
  for (const std::string name : {"web-with-sidecar.json", "batch.json", "describe-output.json", "fargate.json"}) {
    SCOPED_TRACE(name);
    const TaskDefinitionRevision revision = revision_of(name);
    const Node printed = to_ecs(revision);
    ASSERT_TRUE(is_ecs_task_definition(printed));
    std::vector<Warning> warnings;
    const auto again = from_ecs(printed, warnings);
    ASSERT_TRUE(again.ok()) << again.error().text();
    EXPECT_EQ(encode((*again)->spec), encode(revision.spec));
    EXPECT_EQ(warnings.size(), 1U);  // of the fields that are only printed
  }
}

}  // namespace
}  // namespace muster::ecs
