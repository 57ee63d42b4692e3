// Whole task definitions as ECS users have them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/ecs/task_definition.h"
#include "api/types/kinds.h"
#include "tests/api/ecs/sample.h"

namespace muster::ecs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> fields_of(const std::vector<Warning>& warnings) {
  std::vector<std::string> fields;
  for (const Warning& warning : warnings) fields.push_back(warning.field);
  return fields;
}

std::vector<std::string> fields_of(const Error& error) {
  std::vector<std::string> fields;
  for (const Cause& cause : error.causes) fields.push_back(cause.field);
  return fields;
}

// The object in the namespace default, which must then be valid.
TaskDefinition translated(const Node& node, std::vector<Warning>& warnings, const FromEcsOptions& options = {}) {
  EXPECT_TRUE(is_ecs_task_definition(node));
  const auto object = from_ecs(node, options, warnings);
  EXPECT_TRUE(object.ok()) << object.error().text();
  if (!object.ok()) return make<TaskDefinition>();
  TaskDefinition definition = **object;
  definition.metadata.ns = "default";
  EXPECT_TRUE(validate_object(definition).ok()) << validate_object(definition).error().text();
  return definition;
}

TEST(FromEcs, WebWithSidecar) {
  std::vector<Warning> warnings;
  const TaskDefinition web = translated(testing::sample("web-with-sidecar.json"), warnings);
  EXPECT_THAT(fields_of(warnings), ElementsAre("taskRoleArn", "executionRoleArn", "requiresCompatibilities",
                                               "containerDefinitions[0].logConfiguration",
                                               "containerDefinitions[1].environment[0]", "tags"));
  EXPECT_EQ(web.metadata.name, "shop-web");
  EXPECT_EQ(web.spec.family, "shop-web");
  ASSERT_EQ(web.spec.container_definitions.size(), 2U);
  const ContainerDefinition& nginx = web.spec.container_definitions[0];
  EXPECT_EQ(nginx.links, std::vector<std::string>{"app:backend"});
  ASSERT_EQ(nginx.port_mappings.size(), 1U);
  EXPECT_EQ(nginx.port_mappings[0].app_protocol, "http");
  ASSERT_EQ(nginx.depends_on.size(), 1U);
  EXPECT_EQ(nginx.depends_on[0].condition, DependencyCondition::healthy);
  const ContainerDefinition& app = web.spec.container_definitions[1];
  ASSERT_TRUE(app.health_check);
  EXPECT_EQ(app.health_check->start_period, 20);
  ASSERT_EQ(app.environment.size(), 2U);
  EXPECT_EQ(app.environment[0].value, "production");
  EXPECT_EQ(app.stop_timeout, 60);
  EXPECT_TRUE(app.readonly_root_filesystem);
  ASSERT_TRUE(app.linux_parameters);
  EXPECT_TRUE(app.linux_parameters->init_process_enabled);
  EXPECT_EQ(web.spec.placement_constraints[0].expression, "attribute:ecs.os-type == linux");
}

TEST(FromEcs, Batch) {
  std::vector<Warning> warnings;
  const TaskDefinition batch = translated(testing::sample("batch.json"), warnings);
  EXPECT_TRUE(warnings.empty());
  EXPECT_EQ(batch.spec.cpu, "512");
  EXPECT_EQ(batch.spec.memory, "1024");
  EXPECT_EQ(batch.spec.network_mode, NetworkMode::none);
  EXPECT_FALSE(batch.spec.container_definitions[0].essential);
  EXPECT_TRUE(batch.spec.container_definitions[1].essential);
  EXPECT_EQ(batch.spec.container_definitions[1].start_timeout, 120);
}

TEST(FromEcs, OutputOfDescribe) {
  std::vector<Warning> warnings;
  const TaskDefinition cache = translated(testing::sample("describe-output.json"), warnings);
  EXPECT_THAT(fields_of(warnings), ElementsAre("runtimePlatform", ""));
  EXPECT_THAT(warnings[1].message,
              HasSubstr("taskDefinitionArn, revision, status, requiresAttributes, compatibilities, "
                        "registeredAt, registeredBy"));
  EXPECT_EQ(cache.metadata.name, "cache");
  EXPECT_EQ(cache.spec.network_mode, NetworkMode::host);
  EXPECT_EQ(resources_of(cache.spec).tcp_ports, std::vector<std::int32_t>{6379});
}

TEST(FromEcs, AwsvpcOnlyWhenAskedToRunAsBridge) {
  std::vector<Warning> warnings;
  const auto refused = from_ecs(testing::sample("fargate.json"), warnings);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(fields_of(refused.error()), ElementsAre("networkMode"));
  EXPECT_THAT(refused.error().text(), HasSubstr("awsvpc is not supported"));

  warnings.clear();
  FromEcsOptions options;
  options.awsvpc = Awsvpc::as_bridge;
  const TaskDefinition api = translated(testing::sample("fargate.json"), warnings, options);
  EXPECT_EQ(api.spec.network_mode, NetworkMode::bridge);
  EXPECT_EQ(api.spec.container_definitions[0].port_mappings[0].host_port, 0);
  EXPECT_THAT(fields_of(warnings),
              ElementsAre("requiresCompatibilities", "ephemeralStorage", "runtimePlatform", "networkMode"));
}

TEST(FromEcs, WhatIsUnknownOrRefusedIsNamedWithItsPlace) {
  std::vector<Warning> warnings;
  FromEcsOptions options;
  options.source = "web.json";
  const Node node = testing::json(R"({"family": "web", "containerDefinitons": [],
    "volumes": [{"name": "plain"}, {"name": "efs", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}],
    "containerDefinitions": [{"name": "app", "image": "web", "credentialSpecs": ["credentialspec:a"], "Memory": 64,
      "logConfiguration": {"logDriver": "awsfirelens"}}]})");
  const auto object = from_ecs(node, options, warnings);
  ASSERT_FALSE(object.ok());
  EXPECT_EQ(object.error().code, Code::malformed);
  EXPECT_THAT(object.error().message, HasSubstr("\"web\""));
  const std::string text = object.error().text();
  EXPECT_THAT(text, HasSubstr("web.json:1:"));
  EXPECT_THAT(text, HasSubstr("did you mean \"containerDefinitions\"?"));
  EXPECT_THAT(text, HasSubstr("volumes[1].efsVolumeConfiguration"));
  EXPECT_THAT(text, HasSubstr("EFS is a service of AWS"));
  EXPECT_THAT(text, HasSubstr("containerDefinitions[0].credentialSpecs"));
  EXPECT_THAT(text, HasSubstr("did you mean \"memory\"?"));
  EXPECT_THAT(text, HasSubstr("awsfirelens is not supported"));
  EXPECT_EQ(object.error().causes.size(), 5U);
}

TEST(FromEcs, ZeroIsAValue) {
  std::vector<Warning> warnings;
  const auto object = from_ecs(testing::json(R"({"family": "web", "containerDefinitions": [
      {"name": "app", "image": "web", "memory": 64, "linuxParameters": {"maxSwap": 0, "swappiness": 0},
       "ulimits": [{"name": "core", "softLimit": 0, "hardLimit": 0}]}]})"),
                               warnings);
  ASSERT_TRUE(object.ok()) << object.error().text();
  const ContainerDefinition& app = (*object)->spec.container_definitions.at(0);
  EXPECT_EQ(app.linux_parameters->max_swap, 0);
  EXPECT_EQ(app.linux_parameters->swappiness, 0);
  EXPECT_EQ(app.ulimits, (std::vector<Ulimit>{{"core", 0, 0}}));
  EXPECT_FALSE(from_ecs(testing::json(R"({"family": "web", "containerDefinitions": [
      {"name": "app", "image": "web", "memory": 64, "dockerSecurityOptions": [0]}]})"),
                        warnings)
                   .ok());
}

TEST(FromEcs, AwslogsBecomesTheLocalLogAndOthersStay) {
  std::vector<Warning> warnings;
  const auto object = from_ecs(testing::json(R"({"family": "web", "containerDefinitions": [
      {"name": "aws", "image": "web", "memory": 64, "logConfiguration": {"logDriver": "awslogs",
       "options": {"awslogs-group": "g"}}},
      {"name": "far", "image": "web", "memory": 64, "logConfiguration": {"logDriver": "gelf",
       "options": {"gelf-address": "udp://10.0.0.1:12201"}, "secretOptions": []}}]})"),
                               warnings);
  ASSERT_TRUE(object.ok()) << object.error().text();
  EXPECT_THAT(fields_of(warnings), ElementsAre("containerDefinitions[0].logConfiguration"));
  const auto& containers = (*object)->spec.container_definitions;
  EXPECT_FALSE(containers[0].log_configuration);
  ASSERT_TRUE(containers[1].log_configuration);
  EXPECT_EQ(containers[1].log_configuration->log_driver, "gelf");
  EXPECT_EQ(containers[1].log_configuration->options.at("gelf-address"), "udp://10.0.0.1:12201");
}

TEST(FromEcs, WrongTypesAreNamed) {
  const std::pair<std::string, std::string> cases[] = {
      {R"([])", ""},
      {R"({"containerDefinitions": []})", "family"},
      {R"({"family": "web", "containerDefinitions": {}})", "containerDefinitions"},
      {R"({"family": "web", "containerDefinitions": [7]})", "containerDefinitions[0]"},
      {R"({"family": "web", "cpu": 256, "containerDefinitions": [{"name": "a", "image": "i"}]})", "cpu"},
      {R"({"family": 7, "containerDefinitions": [{"name": "a", "image": "i"}]})", "family"},
      {R"({"family": "web", "containerDefinitions": [{"name": "a", "image": "i", "environment": {"A": "b"}}]})",
       "containerDefinitions[0].environment"},
      {R"({"family": "web", "containerDefinitions": [{"name": "a", "image": "i", "healthCheck": true}]})",
       "containerDefinitions[0].healthCheck"},
      {R"({"family": "web", "networkMode": "overlay", "containerDefinitions": [{"name": "a", "image": "i"}]})",
       "networkMode"},
      {R"({"taskDefinition": {"family": "web", "containerDefinitions": [{"name": "a", "image": "i"}]}, "more": 1})",
       "more"},
  };
  for (const auto& [text, field] : cases) {
    std::vector<Warning> warnings;
    const auto object = from_ecs(testing::json(text), warnings);
    ASSERT_FALSE(object.ok()) << text;
    if (!field.empty()) {
      EXPECT_THAT(fields_of(object.error()), ElementsAre(field)) << text;
    }
  }
}

TEST(FromEcs, KnowsItsOwn) {
  EXPECT_TRUE(is_ecs_task_definition(testing::json(R"({"containerDefinitions": []})")));
  EXPECT_TRUE(is_ecs_task_definition(testing::json(R"({"taskDefinition": {"family": "web"}})")));
  for (const std::string text :
       {R"([])", R"("web")", R"({"family": "web"})", R"({"taskDefinition": "web"})",
        R"({"apiVersion": "muster.dev/v1beta1", "kind": "TaskDefinition", "containerDefinitions": []})"}) {
    EXPECT_FALSE(is_ecs_task_definition(testing::json(text))) << text;
  }
}

}  // namespace
}  // namespace muster::ecs
