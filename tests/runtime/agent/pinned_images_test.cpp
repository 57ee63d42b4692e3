// An agent runs what the deployment of a task runs, also after a restart without its server.
#include "tests/runtime/agent/host.h"

namespace muster::agent {
namespace {

using namespace testing;

class PinnedImagesTest : public AgentTest {
 protected:
  static constexpr const char* set_uid = "set-1";
  std::string here() {
    std::string id;
    for (const drivers::ContainerState& each : engine->containers()) id = each.image_id;
    return id;
  }
  void pin(const std::string& id) {
    TaskSet set = make<TaskSet>();
    set.metadata.ns = "default";
    set.metadata.name = "web";
    set.metadata.uid = set_uid;
    set.spec.service = "web";
    set.spec.task_definition = "web:1";
    set.status.container_images = {ContainerImage{"app", "busybox", "", id}};
    server.put(set);
  }
  std::string run() {
    return server.run("web:1", [](Task& task) {
      OwnerReference owner;
      owner.api_version = "muster.dev/v1beta1";
      owner.kind = "TaskSet";
      owner.name = "web";
      owner.uid = set_uid;
      owner.controller = true;
      task.metadata.owner_references = {owner};
    });
  }
};

TEST_F(PinnedImagesTest, another_build_is_refused_with_a_reason) {
  boot();
  settle();
  server.define("web:1", {container("app")});
  const std::string first = run();
  settle();
  EXPECT_EQ(server.status(first).last_status, LastStatus::running);
  const std::string id = server.status(first).containers[0].image_id;
  EXPECT_EQ(id, here());
  EXPECT_EQ(server.status(first).containers[0].image_digest, "");
  pin(id);
  engine->set_build("busybox", 7);
  const std::string second = run();
  loop.advance(minutes(2));
  EXPECT_EQ(server.status(second).last_status, LastStatus::stopped);
  EXPECT_EQ(server.status(second).stop_code, StopCode::task_failed_to_start);
  EXPECT_NE(server.status(second).stopped_reason.find("this host has another one"), std::string::npos)
      << server.status(second).stopped_reason;
  EXPECT_EQ(server.status(first).last_status, LastStatus::running) << "what runs is left alone";
  engine->set_build("busybox", 0);
  const std::string third = run();
  settle();
  EXPECT_EQ(server.status(third).last_status, LastStatus::running);
}

}  // namespace
}  // namespace muster::agent
