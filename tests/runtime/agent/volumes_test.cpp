// An agent makes the volumes of tasks, and removes them with the containers.
#include "runtime/agent/volumes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "tests/runtime/agent/host.h"

namespace muster::agent {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::AgentTest;
using testing::container;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AgentVolumes : public AgentTest {
 protected:
  // A running task of a definition that mounts these.
  std::string run(std::vector<Volume> volumes) {
    ContainerDefinition app = container("app");
    for (const Volume& volume : volumes) app.mount_points.push_back({volume.name, "/" + volume.name, false});
    server.define("web:1", {app}, std::move(volumes));
    const std::string uid = server.run("web:1");
    settle();
    return uid;
  }
  static Volume shared(const std::string& name, bool autoprovision) {
    DockerVolume docker;
    docker.scope = VolumeScope::shared;
    docker.autoprovision = autoprovision;
    return Volume{name, {}, docker};
  }
};

TEST_F(AgentVolumes, are_made_before_and_removed_with_the_containers) {
  boot();
  settle();
  const std::string uid = run({Volume{"fresh", {}, {}}, Volume{"path", HostVolume{"/srv"}, {}}, shared("kept", true)});
  EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
  EXPECT_THAT(engine->volumes(), ElementsAre("kept", "muster-web-1-fresh-" + uid));
  server.stop(uid);
  settle();
  EXPECT_EQ(server.status(uid).last_status, LastStatus::stopped);
  EXPECT_THAT(engine->volumes(), ElementsAre("kept", "muster-web-1-fresh-" + uid)) << "the container is still there";
  loop.advance(options.keep_stopped + seconds(1));
  EXPECT_THAT(engine->containers(), IsEmpty());
  EXPECT_THAT(engine->volumes(), ElementsAre("kept"));
}

TEST_F(AgentVolumes, go_when_the_task_is_deleted) {
  boot();
  settle();
  const std::string uid = run({Volume{"fresh", {}, {}}});
  server.erase(uid);
  settle();
  EXPECT_THAT(engine->containers(), IsEmpty());
  EXPECT_THAT(engine->volumes(), IsEmpty());
}

TEST_F(AgentVolumes, a_shared_one_that_is_missing_fails_the_task) {
  boot();
  settle();
  const std::string uid = run({Volume{"fresh", {}, {}}, shared("absent", false)});
  const TaskStatus& status = server.status(uid);
  EXPECT_EQ(status.last_status, LastStatus::stopped);
  EXPECT_EQ(status.stop_code, StopCode::task_failed_to_start);
  EXPECT_THAT(status.stopped_reason, HasSubstr("CannotCreateVolumeError"));
  EXPECT_THAT(status.stopped_reason, HasSubstr("no volume absent"));
  EXPECT_THAT(engine->containers(), IsEmpty());
  loop.advance(options.keep_stopped + seconds(1));
  EXPECT_THAT(engine->volumes(), IsEmpty()) << "also what was made before the failure";
}

TEST_F(AgentVolumes, of_a_task_that_was_deleted_while_the_agent_was_away) {
  boot();
  settle();
  const std::string uid = run({Volume{"fresh", {}, {}}});
  crash();
  server.tasks.erase(uid);
  boot();
  settle();
  EXPECT_THAT(engine->containers(), IsEmpty());
  EXPECT_THAT(engine->volumes(), IsEmpty());
}

TEST_F(AgentVolumes, that_nobody_has_are_removed_at_the_next_connection) {
  boot();
  settle();
  const std::string uid = run({Volume{"fresh", {}, {}}});
  drivers::SimulatedDriver other(engine);
  const std::map<std::string, std::string> ours = {{"muster.dev/cluster-uid", "cluster-1"},
                                                   {"muster.dev/container-instance", "host-1"}};
  for (const auto& [name, labels] :
       {std::pair(std::string("muster-web-1-fresh-gone"), ours),
        std::pair(std::string("muster-web-1-other-gone"), std::map<std::string, std::string>())}) {
    other.volumes()->create_volume(drivers::VolumeConfig{name, "local", {}, labels}, [](const Status&) {});
  }
  settle();
  EXPECT_EQ(engine->volumes().size(), 3U);
  server.cut("test");
  loop.advance(minutes(1));
  ASSERT_TRUE(server.connected());
  EXPECT_THAT(engine->volumes(), ElementsAre("muster-web-1-fresh-" + uid, "muster-web-1-other-gone"));
}

}  // namespace
}  // namespace muster::agent
