// ECS's shapes of a task and its containers.
#include "runtime/agent/metadata/document.h"

#include <gtest/gtest.h>

#include "api/schema/json.h"
#include "tests/runtime/agent/metadata/seen_task.h"

namespace muster::agent::metadata {
namespace {

TEST(MetadataDocument, of_a_container) {
  const SeenTask task;
  Node document = container_document(task.seen(), "app");
  ASSERT_NE(document.find("Labels"), nullptr);
  EXPECT_EQ(document.find("Labels")->text_of("com.amazonaws.ecs.container-name"), "app") << write_json(document);
  document.erase("Labels");
  EXPECT_EQ(write_json(document),
            R"({"DockerId":"aaaa","Name":"app","DockerName":"muster-web-app","Image":"shop:3","ImageID":"sha256:1",)"
            R"("Ports":[{"ContainerPort":80,"Protocol":"tcp","HostPort":40000,"HostIp":"0.0.0.0"}],)"
            R"("DesiredStatus":"RUNNING","KnownStatus":"RUNNING","Limits":{"CPU":128,"Memory":64},"Type":"NORMAL",)"
            R"("Health":{"status":"HEALTHY"},"LogDriver":"json-file",)"
            R"("ContainerARN":"arn:aws:ecs:local:000000000000:container/default/0123456789abcdef0123456789abcdef/app",)"
            R"("Networks":[{"NetworkMode":"bridge","IPv4Addresses":["172.17.0.2"]}]})");
}

TEST(MetadataDocument, of_a_container_that_is_not_there_yet) {
  const SeenTask task;
  const Node document = container_document(task.seen(), "beside");
  EXPECT_EQ(document.text_of("KnownStatus"), "NONE");
  EXPECT_EQ(document.text_of("DockerId"), "");
  EXPECT_EQ(document.find("Health"), nullptr) << "it has no check";
}

TEST(MetadataDocument, of_a_task) {
  const SeenTask task;
  const Node document = task_document(task.seen());
  EXPECT_EQ(document.text_of("Cluster"), "default");
  EXPECT_EQ(document.text_of("Family"), "web");
  EXPECT_EQ(document.text_of("Revision"), "7");
  EXPECT_EQ(document.text_of("ServiceName"), "web");
  EXPECT_EQ(document.text_of("KnownStatus"), "RUNNING");
  EXPECT_EQ(document.text_of("AvailabilityZone"), "zone-a");
  EXPECT_EQ(write_json(*document.find("Limits")), R"({"CPU":0.5,"Memory":256})");
  EXPECT_EQ(document.find("Containers")->items.size(), 2U);
}

TEST(MetadataDocument, nothing_of_the_environment_is_in_it) {
  const SeenTask task;
  EXPECT_EQ(write_json(task_document(task.seen())).find("hunter2"), std::string::npos);
}

TEST(MetadataDocument, one_that_is_to_stop_says_so) {
  SeenTask task;
  task.desired.spec.desired_status = DesiredStatus::stopped;
  task.status.last_status = LastStatus::stopped;
  const Node document = task_document(task.seen());
  EXPECT_EQ(document.text_of("DesiredStatus"), "STOPPED");
  EXPECT_EQ(document.text_of("KnownStatus"), "STOPPED");
}

}  // namespace
}  // namespace muster::agent::metadata
