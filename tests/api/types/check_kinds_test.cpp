// The rules over several fields of services, tasks, runs, instances and events, one row each.
#include <gtest/gtest.h>

#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/task_definition.h"
#include "tests/api/types/case.h"

namespace muster {
namespace {

using testing::Case;

class ServiceRule : public ::testing::TestWithParam<Case> {};
TEST_P(ServiceRule, IsChecked) {
  testing::expect_case(R"({"apiVersion": "muster.dev/v1beta1", "kind": "Service",
      "metadata": {"name": "web", "namespace": "default"}, "spec": {"taskDefinition": "web"}})",
                       GetParam());
}
INSTANTIATE_TEST_SUITE_P(
    All, ServiceRule,
    ::testing::Values(
        Case{"valid", "{}", "", ""},
        Case{"no_definition", R"({"spec": {"taskDefinition": null}})", "spec.taskDefinition", "required"},
        Case{"pinned", R"({"spec": {"taskDefinition": "web:3"}})", "", ""},
        Case{"bad_definition", R"({"spec": {"taskDefinition": "web:x"}})", "spec.taskDefinition", "web:3"},
        Case{"none", R"({"spec": {"desiredCount": 0}})", "", ""},
        Case{"negative", R"({"spec": {"desiredCount": -1}})", "spec.desiredCount", "from 0 to 100000"},
        Case{"too_many", R"({"spec": {"desiredCount": 100001}})", "spec.desiredCount", "from 0 to 100000"},
        Case{"unhealthy_percent", R"({"spec": {"deploymentConfiguration": {"minimumHealthyPercent": 101}}})",
             "spec.deploymentConfiguration.minimumHealthyPercent", "from 0 to 100"},
        Case{"low_maximum", R"({"spec": {"deploymentConfiguration": {"maximumPercent": 99}}})",
             "spec.deploymentConfiguration.maximumPercent", "from 100"},
        Case{"deadlock_is_legal",
             R"({"spec": {"deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 100}}})", "", ""},
        Case{"healthy_time", R"({"spec": {"deploymentConfiguration": {"minimumHealthyTime": "2h"}}})",
             "spec.deploymentConfiguration.minimumHealthyTime", "at most 1h"},
        Case{"grace_period", R"({"spec": {"healthCheckGracePeriodSeconds": -1}})", "spec.healthCheckGracePeriodSeconds",
             "from 0"},
        Case{"lost_after", R"({"spec": {"lostAfter": "1ms"}})", "spec.lostAfter", "at least 100ms"},
        Case{"daemon", R"({"spec": {"schedulingStrategy": "DAEMON"}})", "", ""},
        Case{"daemon_count", R"({"spec": {"schedulingStrategy": "DAEMON", "desiredCount": 2}})", "spec.desiredCount",
             "DAEMON"},
        Case{"daemon_strategy",
             R"({"spec": {"schedulingStrategy": "DAEMON", "placementStrategy": [{"type": "random"}]}})",
             "spec.placementStrategy", "DAEMON"},
        Case{"daemon_maximum",
             R"({"spec": {"schedulingStrategy": "DAEMON", "deploymentConfiguration": {"maximumPercent": 150}}})",
             "spec.deploymentConfiguration.maximumPercent", "must be 100"},
        Case{"six_strategies", R"({"spec": {"placementStrategy": [{"type": "random"}, {"type": "random"},
             {"type": "random"}, {"type": "random"}, {"type": "random"}, {"type": "random"}]}})",
             "spec.placementStrategy", "at most 5"},
        Case{"eleven_constraints", R"({"spec": {"placementConstraints": [{"type": "distinctInstance"},
             {"type": "distinctInstance"}, {"type": "distinctInstance"}, {"type": "distinctInstance"},
             {"type": "distinctInstance"}, {"type": "distinctInstance"}, {"type": "distinctInstance"},
             {"type": "distinctInstance"}, {"type": "distinctInstance"}, {"type": "distinctInstance"},
             {"type": "distinctInstance"}]}})",
             "spec.placementConstraints", "at most 10"},
        Case{"distinct_with_expression",
             R"({"spec": {"placementConstraints": [{"type": "distinctInstance", "expression": "a == b"}]}})",
             "spec.placementConstraints[0].expression", "distinctInstance"},
        Case{"expression",
             R"({"spec": {"placementConstraints": [{"expression": "attribute:zone == a and not task:group == x"}]}})",
             "", ""},
        Case{
            "broken_expression",
            R"({"spec": {"placementConstraints": [{"type": "distinctInstance"}, {"expression": "attribute:zone = a"}]}})",
            "spec.placementConstraints[1].expression", "at position 16"},
        Case{"unknown_word", R"({"spec": {"placementConstraints": [{"expression": "zone == a"}]}})",
             "spec.placementConstraints[0].expression", "position 1"},
        Case{"blank_expression", R"({"spec": {"placementConstraints": [{"expression": "  "}]}})",
             "spec.placementConstraints[0].expression", "Required"},
        Case{"spread_by_any_case", R"({"spec": {"placementStrategy": [{"type": "spread", "field": "INSTANCEID"}]}})",
             "", ""},
        Case{"random_with_field", R"({"spec": {"placementStrategy": [{"type": "random", "field": "cpu"}]}})",
             "spec.placementStrategy[0].field", "random"},
        Case{"spread_without_field", R"({"spec": {"placementStrategy": [{"type": "spread"}]}})",
             "spec.placementStrategy[0].field", "attribute:NAME"},
        Case{"spread_over_cpu", R"({"spec": {"placementStrategy": [{"type": "spread", "field": "cpu"}]}})",
             "spec.placementStrategy[0].field", "instanceId"},
        Case{"spread_over_zone", R"({"spec": {"placementStrategy": [{"type": "spread", "field": "attribute:zone"}]}})",
             "", ""},
        Case{"binpack_memory", R"({"spec": {"placementStrategy": [{"type": "binpack", "field": "MEMORY"}]}})", "", ""},
        Case{"binpack_zone", R"({"spec": {"placementStrategy": [{"type": "binpack", "field": "attribute:zone"}]}})",
             "spec.placementStrategy[0].field", "cpu or memory"}),
    testing::name_of_case);

class TaskRunRule : public ::testing::TestWithParam<Case> {};
TEST_P(TaskRunRule, IsChecked) {
  testing::expect_case(R"({"apiVersion": "muster.dev/v1beta1", "kind": "TaskRun",
      "metadata": {"name": "migrate", "namespace": "default"}, "spec": {"taskDefinition": "web"}})",
                       GetParam());
}
INSTANTIATE_TEST_SUITE_P(
    All, TaskRunRule,
    ::testing::Values(
        Case{"valid", "{}", "", ""}, Case{"no_count", R"({"spec": {"count": 0}})", "spec.count", "from 1 to 1000"},
        Case{"too_many", R"({"spec": {"count": 1001}})", "spec.count", "from 1 to 1000"},
        Case{"retries", R"({"spec": {"retries": -1}})", "spec.retries", "from 0"},
        Case{"override_without_name", R"({"spec": {"overrides": {"containerOverrides": [{"command": ["x"]}]}}})",
             "spec.overrides.containerOverrides[0].name", "required"},
        Case{"override_twice", R"({"spec": {"overrides": {"containerOverrides": [{"name": "a"}, {"name": "a"}]}}})",
             "spec.overrides.containerOverrides[1].name", "uplicate"},
        Case{"override_memory",
             R"({"spec": {"overrides": {"containerOverrides": [{"name": "a", "memory": 8, "memoryReservation": 9}]}}})",
             "spec.overrides.containerOverrides[0].memory", "greater than memoryReservation (9)"},
        Case{"bad_cpu", R"({"spec": {"overrides": {"cpu": "x"}}})", "spec.overrides.cpu", "vCPUs"},
        Case{
            "started_by",
            R"({"spec": {"startedBy": "123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789"}})",
            "spec.startedBy", "128"}),
    testing::name_of_case);

TEST(TaskRun, OverridesMayNotBeLargerThanEcsAllows) {
  const Status status = testing::admit_text(
      R"({"apiVersion": "muster.dev/v1beta1", "kind": "TaskRun", "metadata": {"name": "a", "namespace": "default"},
          "spec": {"taskDefinition": "web"}})",
      R"({"spec": {"overrides": {"containerOverrides": [{"name": "a", "command": [")" + std::string(9000, 'x') +
          "\"]}]}}}");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().causes[0].field, "spec.overrides");
}

class InstanceRule : public ::testing::TestWithParam<Case> {};
TEST_P(InstanceRule, IsChecked) {
  testing::expect_case(
      R"({"apiVersion": "muster.dev/v1beta1", "kind": "ContainerInstance", "metadata": {"name": "host-1"}, "spec": {}})",
      GetParam());
}
INSTANTIATE_TEST_SUITE_P(
    All, InstanceRule,
    ::testing::Values(
        Case{"valid", "{}", "", ""},
        Case{"namespace", R"({"metadata": {"namespace": "default"}})", "metadata.namespace", "not allowed"},
        Case{"state", R"({"spec": {"status": "DRAINED"}})", "spec.status", "ACTIVE, DRAINING"},
        Case{"taints",
             R"({"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}, {"key": "a", "effect": "NoExecute"}]}})", "",
             ""},
        Case{
            "same_taint",
            R"({"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}, {"key": "a", "value": "b", "effect": "NoSchedule"}]}})",
            "spec.taints[1]", "Duplicate value: \"a:NoSchedule\""},
        Case{"attribute_name", R"({"spec": {"attributes": [{"name": "a b"}]}})", "spec.attributes[0].name",
             "128 letters"},
        Case{"attribute_twice", R"({"spec": {"attributes": [{"name": "a"}, {"name": "a", "value": "b"}]}})",
             "spec.attributes[1].name", "uplicate"}),
    testing::name_of_case);

TEST(Event, StaysInTheNamespaceOfItsObject) {
  Event event = make<Event>();
  event.metadata.name = "web.1";
  event.metadata.ns = "default";
  event.involved_object.ns = "other";
  event.type = "Error";
  const Status status = validate_object(event);
  ASSERT_FALSE(status.ok());
  ASSERT_EQ(status.error().causes.size(), 2U);
  EXPECT_EQ(status.error().causes[0].field, "involvedObject.namespace");
  EXPECT_EQ(status.error().causes[1].field, "type");
}

TEST(Revision, CarriesItsFamily) {
  TaskDefinitionRevision revision = make<TaskDefinitionRevision>();
  revision.metadata.name = "web:3";
  revision.metadata.ns = "default";
  revision.spec.family = "web";
  ContainerDefinition container;
  container.name = "app";
  container.image = "web:1";
  container.memory = 64;
  revision.spec.container_definitions = {container};
  EXPECT_TRUE(validate_object(revision).ok());
  revision.spec.family = "other";
  ASSERT_FALSE(validate_object(revision).ok());
  EXPECT_EQ(validate_object(revision).error().causes[0].field, "spec.family");
}

}  // namespace
}  // namespace muster
