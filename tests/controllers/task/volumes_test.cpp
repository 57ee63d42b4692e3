// The volumes of a task on its host, and what its containers mount.
#include "controllers/task/volumes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/task/container_config.h"
#include "controllers/task/dependencies.h"
#include "tests/controllers/task/world.h"

namespace muster::task::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

const std::string uid = "0123456789abcdef0123456789abcdef";

DesiredTask with_volumes(std::vector<ContainerDefinition> containers, std::vector<Volume> volumes) {
  DesiredTask desired = task_of(std::move(containers));
  auto definition = std::make_shared<TaskDefinitionSpec>(*desired.definition);
  definition->volumes = std::move(volumes);
  desired.definition = definition;
  return desired;
}

DockerVolume shared(bool autoprovision) {
  DockerVolume docker;
  docker.scope = VolumeScope::shared;
  docker.autoprovision = autoprovision;
  docker.labels["team"] = "blue";
  return docker;
}

TEST(Volumes, those_of_the_task_carry_its_uid_and_shared_ones_their_own_name) {
  ContainerDefinition app = container("app");
  app.mount_points = {{"fresh", "/fresh", false},
                      {"path", "/path", true},
                      {"kept", "/kept", false},
                      {"expected", "/expected", false},
                      {"fresh", "/again", false}};
  DockerVolume options;
  options.driver = "nfs";
  options.driver_opts["device"] = ":/x";
  const DesiredTask desired = with_volumes({app}, {{"fresh", HostVolume{}, options},
                                                   {"path", HostVolume{"/srv"}, {}},
                                                   {"kept", {}, shared(true)},
                                                   {"expected", {}, shared(false)},
                                                   {"unused", {}, {}}});
  const std::vector<VolumeConfig> made = volume_configs(desired, identity);
  ASSERT_EQ(made.size(), 3U);
  EXPECT_EQ(made[0].name, "muster-web-3-fresh-" + uid);
  EXPECT_EQ(made[0].provision, Provision::make);
  EXPECT_EQ(made[0].driver, "nfs");
  EXPECT_THAT(made[0].driver_options, ElementsAre(Pair("device", ":/x")));
  EXPECT_THAT(made[0].labels,
              UnorderedElementsAre(Pair("muster.dev/cluster-uid", "cluster-1"),
                                   Pair("muster.dev/container-instance", "host-1"), Pair("muster.dev/task-uid", uid),
                                   Pair("muster.dev/namespace", "default"), Pair("muster.dev/task", desired.name)));
  EXPECT_EQ(made[1].name, "kept");
  EXPECT_EQ(made[1].provision, Provision::ensure);
  EXPECT_THAT(made[1].labels, ElementsAre(Pair("team", "blue"))) << "nothing by which it could be taken for a task's";
  EXPECT_EQ(made[2].provision, Provision::expect);
  const ContainerConfig config = container_config(desired, identity, "app");
  EXPECT_THAT(config.mounts,
              ElementsAre(Mount{"muster-web-3-fresh-" + uid, "/fresh", false}, Mount{"/srv", "/path", true},
                          Mount{"kept", "/kept", false}, Mount{"expected", "/expected", false},
                          Mount{"muster-web-3-fresh-" + uid, "/again", false}));
}

TEST(Volumes, only_tasks_with_volumes_of_their_own_leave_any) {
  EXPECT_FALSE(may_have_volumes(task_of({container("app")})));
  EXPECT_FALSE(may_have_volumes(
      with_volumes({container("app")}, {{"path", HostVolume{"/srv"}, {}}, {"kept", {}, shared(true)}})));
  EXPECT_TRUE(may_have_volumes(with_volumes({container("app")}, {{"fresh", {}, {}}})));
  DesiredTask unknown = task_of({container("app")});
  unknown.definition = nullptr;
  EXPECT_TRUE(may_have_volumes(unknown)) << "nobody knows";
}

TEST(Volumes, those_of_another_container_make_it_come_first_and_go_last) {
  ContainerDefinition reader = container("reader");
  reader.volumes_from = {{"writer", true}};
  World world(task_of({reader, container("writer")}));
  const ContainerConfig config = container_config(world.desired, identity, "reader");
  EXPECT_THAT(config.volumes_from, ElementsAre(container_name(world.desired, "writer") + ":ro"));
  const std::vector<ObservedContainer> nothing;
  TaskMemory memory;
  const View before(world.desired, nothing, memory);
  EXPECT_EQ(may_create(before, *before.find("reader"), noon).answer, Verdict::Answer::wait);
  EXPECT_EQ(may_create(before, *before.find("writer"), noon).answer, Verdict::Answer::ready);
  ObservedContainer created;
  created.name = "writer";
  created.phase = Phase::created;
  const std::vector<ObservedContainer> there = {created};
  const View after(world.desired, there, memory);
  EXPECT_EQ(may_create(after, *after.find("reader"), noon).answer, Verdict::Answer::ready) << "it need not run";
  ObservedContainer running;
  running.name = "reader";
  running.phase = Phase::running;
  const std::vector<ObservedContainer> both = {created, running};
  const View down(world.desired, both, memory);
  EXPECT_FALSE(may_stop(down, *down.find("writer")));
  EXPECT_TRUE(may_stop(down, *down.find("reader")));
}

TEST(SharedNamespaces, belong_to_the_first_essential_container_that_waits_for_none) {
  ContainerDefinition app = depends(container("app"), "db", DependencyCondition::start);
  World world(task_of({helper("init"), app, container("db")}));
  auto definition = std::make_shared<TaskDefinitionSpec>(*world.desired.definition);
  definition->pid_mode = PidMode::task;
  definition->ipc_mode = IpcMode::task;
  world.desired.definition = definition;
  const std::string join = "container:" + container_name(world.desired, "db");
  const auto config = [&](const char* name) { return container_config(world.desired, identity, name); };
  EXPECT_EQ(config("db").pid_mode, "");
  EXPECT_EQ(config("db").ipc_mode, "shareable");
  for (const char* name : {"init", "app"}) {
    EXPECT_EQ(config(name).pid_mode, join);
    EXPECT_EQ(config(name).ipc_mode, join);
  }
  TaskMemory memory;
  const View nothing(world.desired, {}, memory);
  EXPECT_EQ(may_create(nothing, *nothing.find("db"), noon).answer, Verdict::Answer::ready);
  EXPECT_EQ(may_create(nothing, *nothing.find("init"), noon).answer, Verdict::Answer::wait);
  ObservedContainer db, init;
  db.name = "db";
  init.name = "init";
  db.phase = init.phase = Phase::created;
  const std::vector<ObservedContainer> created = {db, init};
  const View both(world.desired, created, memory);
  EXPECT_EQ(may_start(both, *both.find("init")).answer, Verdict::Answer::wait) << "there is nothing to join yet";
  EXPECT_EQ(may_start(both, *both.find("db")).answer, Verdict::Answer::ready);
  db.phase = init.phase = Phase::running;
  memory.containers[index_of(memory, "db")].ran = true;
  const std::vector<ObservedContainer> running = {db, init};
  const View up(world.desired, running, memory);
  EXPECT_EQ(may_start(up, *up.find("init")).answer, Verdict::Answer::ready);
  EXPECT_FALSE(may_stop(up, *up.find("db"))) << "its end would be the end of all in its namespace";
  EXPECT_TRUE(may_stop(up, *up.find("init")));
}

TEST(Powers, are_passed_on_in_dockers_words) {
  ContainerDefinition app = container("app");
  app.privileged = app.disable_networking = true;
  app.docker_security_options = {"no-new-privileges", "apparmor:my-profile", "label:type:svirt_t", "label=disable"};
  app.system_controls = {{"net.core.somaxconn", "1024"}};
  app.linux_parameters.emplace().capabilities = Capabilities{{"NET_ADMIN"}, {"ALL"}};
  app.linux_parameters->devices = {Device{"/dev/fuse", {}, {DevicePermission::read}}};
  app.log_configuration = LogConfiguration{"syslog", {{"mode", "non-blocking"}}, {}};
  const ContainerConfig config = container_config(task_of({app}), identity, "app");
  EXPECT_TRUE(config.privileged);
  EXPECT_TRUE(config.network_disabled);
  EXPECT_THAT(config.security_options,
              ElementsAre("no-new-privileges", "apparmor=my-profile", "label=type:svirt_t", "label=disable"));
  EXPECT_THAT(config.system_controls, ElementsAre(Pair("net.core.somaxconn", "1024")));
  EXPECT_THAT(config.capabilities_add, ElementsAre("NET_ADMIN"));
  EXPECT_THAT(config.capabilities_drop, ElementsAre("ALL"));
  ASSERT_EQ(config.devices.size(), 1U);
  EXPECT_EQ(config.devices[0].container_path, "/dev/fuse");
  ASSERT_TRUE(config.log);
  EXPECT_EQ(config.log->options.at("max-buffer-size"), "10m") << "the engine's own buffer is too small";
  EXPECT_FALSE(container_config(task_of({container("app")}), identity, "app").log);
}

}  // namespace
}  // namespace muster::task::testing
