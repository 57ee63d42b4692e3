// Whole objects as JSON: every kind survives the way there and back, and what is wrong is named with its place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/base/text.h"
#include "api/schema/encode.h"
#include "api/schema/json.h"
#include "api/types/builtin.h"
#include "api/types/kinds.h"
#include "api/types/service.h"
#include "api/types/task_run.h"
#include "tests/api/types/filled.h"

namespace muster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<std::shared_ptr<Object>> read(std::string_view json, const Kind* expected = nullptr) {
  TRY(const Node node, parse_json(json));
  return decode_object(node, expected, {}, nullptr);
}

std::vector<std::string> fields_of(const Error& error) {
  std::vector<std::string> fields;
  for (const Cause& cause : error.causes) fields.push_back(cause.field);
  return fields;
}

TEST(Object, EveryFieldOfEveryKindSurvivesJson) {
  for (const Kind& kind : all_kinds()) {
    SCOPED_TRACE(kind.kind);
    const auto object = kind.make();
    testing::fill(*kind.type(), nullptr, kind.fields(*object));
    object->metadata.resource_version = 9'007'199'254'740'993;  // beyond what a double holds
    const std::string json = encode_object(*object);
    auto back = read(json, &kind);
    ASSERT_TRUE(back.ok()) << back.error().text() << '\n' << json;
    EXPECT_EQ((*back)->kind, &kind);
    EXPECT_EQ(encode_object(**back), json);
    EXPECT_TRUE(kind.type()->equal(kind.fields(*object), kind.fields(**back)));
    EXPECT_EQ(write_json(object_node(*object)), json);
    EXPECT_THAT(json, HasSubstr(R"("resourceVersion":"9007199254740993")"));
  }
}

TEST(Object, AFreshObjectSurvivesJson) {
  for (const Kind& kind : all_kinds()) {
    SCOPED_TRACE(kind.kind);
    const auto object = kind.make();
    const std::string json = encode_object(*object);
    EXPECT_TRUE(json.starts_with(str(R"({"apiVersion":")", kind.api_version(), R"(","kind":")", kind.kind, '"')))
        << json;
    ASSERT_TRUE(parse_json(json).ok()) << json;
  }
  EXPECT_EQ(encode_object(make<Lease>()), R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease"})");
}

TEST(Object, ServiceOnTheWire) {
  auto object = read(R"({
    "apiVersion": "muster.dev/v1beta1", "kind": "Service", "metadata": {"name": "web", "namespace": "default"},
    "spec": {"taskDefinition": "web", "desiredCount": 0, "lostAfter": "2s",
             "placementStrategy": [{"type": "spread", "field": "attribute:zone"}]}})");
  ASSERT_TRUE(object.ok()) << object.error().text();
  const auto* service = as<Service>(object->get());
  ASSERT_NE(service, nullptr);
  EXPECT_EQ(service->spec.desired_count, 0);
  EXPECT_EQ(service->spec.lost_after, Duration(std::chrono::seconds(2)));
  EXPECT_EQ(service->spec.deployment_configuration.maximum_percent, 200);
  EXPECT_EQ(encode(service->spec),
            R"({"taskDefinition":"web","schedulingStrategy":"REPLICA","desiredCount":0,)"
            R"("deploymentConfiguration":{"maximumPercent":200,"minimumHealthyPercent":100},)"
            R"("placementStrategy":[{"type":"spread","field":"attribute:zone"}],"lostAfter":"2s"})");
  EXPECT_TRUE(validate_object(*service).ok());
}

TEST(Object, CountsAreWrittenEvenWhenZero) {
  const std::string json = encode(make<Service>().status);
  for (const std::string_view name : {"observedGeneration", "desiredCount", "runningCount", "pendingCount"}) {
    EXPECT_THAT(json, HasSubstr(str('"', name, "\":0")));
  }
  EXPECT_THAT(encode(ContainerDefinition{}), HasSubstr(R"("cpu":0)"));
  EXPECT_THAT(encode(ContainerStatus{}), ::testing::Not(HasSubstr("exitCode")));
  ContainerStatus ended;
  ended.exit_code = 0;
  EXPECT_THAT(encode(ended), HasSubstr(R"("exitCode":0)"));
  TaskSpec spec;
  EXPECT_THAT(encode(spec), ::testing::Not(HasSubstr("stopCode")));
}

TEST(Object, UnknownFieldsAreNamedWithTheirPath) {
  auto object = read(R"({"apiVersion": "muster.dev/v1beta1", "kind": "Service", "metadata": {"name": "web", "nmae": 1},
    "spec": {"taskDefinition": "web", "desiredcount": 3, "deploymentConfiguration": {"maxPercent": 1}}, "extra": {}})");
  ASSERT_FALSE(object.ok());
  EXPECT_EQ(object.error().code, Code::malformed);
  EXPECT_THAT(object.error().message, HasSubstr("Service \"web\""));
  EXPECT_THAT(fields_of(object.error()),
              ElementsAre("metadata.nmae", "spec.desiredcount", "spec.deploymentConfiguration.maxPercent", "extra"));
  EXPECT_THAT(object.error().causes[1].message, HasSubstr("desiredCount"));
}

TEST(Object, WrongTypesAreNamedWithTheirPath) {
  auto object = read(R"({"apiVersion": "muster.dev/v1beta1", "kind": "TaskDefinition", "metadata": {"name": "web"},
    "spec": {"containerDefinitions": [{"name": "app", "image": "web", "memory": "64", "essential": 1,
             "portMappings": {"containerPort": 80}}], "networkMode": "awsvpc"}})");
  ASSERT_FALSE(object.ok());
  EXPECT_THAT(fields_of(object.error()),
              ElementsAre("spec.containerDefinitions[0].memory", "spec.containerDefinitions[0].essential",
                          "spec.containerDefinitions[0].portMappings", "spec.networkMode"));
}

TEST(Object, TheFileIsNamed) {
  const auto node = parse_json("{\"apiVersion\": \"muster.dev/v1beta1\",\n \"kind\": \"Servce\"}");
  ASSERT_TRUE(node.ok());
  DecodeOptions options;
  options.source = "web.yaml";
  const auto object = decode_object(*node, nullptr, options, nullptr);
  ASSERT_FALSE(object.ok());
  EXPECT_THAT(object.error().text(), HasSubstr("web.yaml:2:"));
  EXPECT_THAT(object.error().text(), HasSubstr("did you mean \"Service\"?"));
}

TEST(Object, KindsThatAreNotServed) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"([])", "must be a map, not"},
      {R"({})", "apiVersion is missing"},
      {R"({"apiVersion": "v1"})", "kind is missing"},
      {R"({"apiVersion": 1, "kind": "Service"})", "apiVersion: must be a string"},
      {R"({"apiVersion": "v1", "kind": "Service"})", "it is in \"muster.dev/v1beta1\""},
      {R"({"apiVersion": "apps/v1", "kind": "Deployment"})", "no kind \"Deployment\""},
      {R"({"apiVersion": "v1", "kind": "Namespace"})", "a Service (muster.dev/v1beta1) is expected here"},
  };
  for (const auto& [json, message] : cases) {
    const auto object = read(json, &kind_of<Service>());
    ASSERT_FALSE(object.ok()) << json;
    EXPECT_EQ(object.error().code, Code::malformed);
    EXPECT_THAT(object.error().text(), HasSubstr(std::string(message)));
  }
}

TEST(Object, ReferencesAndNames) {
  Service service = make<Service>();
  service.metadata.name = "web";
  service.metadata.uid = "u-1";
  const OwnerReference reference = owner_reference(service);
  EXPECT_EQ(reference.api_version, "muster.dev/v1beta1");
  EXPECT_EQ(reference.kind, "Service");
  EXPECT_EQ(reference.uid, "u-1");
  Task task = make<Task>();
  task.metadata.name = "web-0-0-0badcafe";
  task.metadata.owner_references = {OwnerReference{"v1", "Namespace", "x", "u-0", {}, {}}, reference};
  EXPECT_EQ(controller_of(service.metadata), nullptr);
  ASSERT_NE(controller_of(task.metadata), nullptr);
  EXPECT_EQ(controller_of(task.metadata)->uid, "u-1");
  EXPECT_EQ(display_name(task), "task/web-0-0-0badcafe");
}

}  // namespace
}  // namespace muster
