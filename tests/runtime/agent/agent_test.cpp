// The agent as a whole against a simulated engine and a server's end of the wire: the ordinary lives of tasks.
#include "runtime/agent/agent.h"

#include <gmock/gmock.h>

#include "tests/runtime/agent/host.h"

namespace muster::agent::testing {
namespace {

protocol::Open open_of(std::string stream, std::string container, std::string task_uid, std::string_view how = "") {
  protocol::Open open;
  open.stream = std::move(stream);
  open.task_uid = std::move(task_uid);
  open.container = std::move(container);
  open.follow = how == "follow";
  return open;
}

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(AgentTest, says_hello_with_what_the_host_has) {
  boot();
  settle();
  ASSERT_THAT(server.hellos, SizeIs(1));
  const protocol::Hello& hello = server.hellos[0];
  EXPECT_EQ(hello.name, "host-1");
  EXPECT_EQ(hello.cluster, "default");
  EXPECT_EQ(hello.instance_uid, "");
  EXPECT_EQ(hello.address, "192.0.2.1");
  EXPECT_THAT(hello.session, SizeIs(32));
  EXPECT_THAT(hello.resources, Contains(InstanceResource{"CPU", "INTEGER", 2048, {}}));
  EXPECT_THAT(hello.resources, Contains(InstanceResource{"MEMORY", "INTEGER", 4096, {}}));
  EXPECT_THAT(hello.attributes, Contains(Attribute{"ecs.os-type", "linux"}));
  EXPECT_THAT(server.reports, SizeIs(1));
  EXPECT_TRUE(server.reports[0].full);
}

TEST_F(AgentTest, runs_a_task_and_reports_it) {
  boot();
  settle();
  ContainerDefinition app = container("app");
  app.port_mappings = {PortMapping{80, 0, Protocol::tcp, {}, {}}};
  server.define("web:1", {app});
  const std::string uid = server.run("web:1");
  settle();
  const TaskStatus& status = server.status(uid);
  EXPECT_EQ(status.last_status, LastStatus::running);
  ASSERT_THAT(status.containers, SizeIs(1));
  EXPECT_EQ(status.containers[0].last_status, ContainerLastStatus::running);
  ASSERT_THAT(status.containers[0].network_bindings, SizeIs(1));
  EXPECT_EQ(status.containers[0].network_bindings[0].container_port, 80);
  EXPECT_GT(status.containers[0].network_bindings[0].host_port, 0);
  ASSERT_THAT(engine->containers(), SizeIs(1));
  const drivers::ContainerState state = engine->containers()[0];
  EXPECT_EQ(state.name, "muster-web-1-app-" + uid);
  EXPECT_EQ(state.labels.at("muster.dev/cluster-uid"), "cluster-1");
  EXPECT_EQ(state.labels.at("muster.dev/container-instance"), options.name);
  EXPECT_EQ(state.labels.at("muster.dev/service"), "web");
}

TEST_F(AgentTest, adds_little_to_the_engines_own_time) {
  boot();
  settle();
  server.define("web:1", {container("app")});
  const std::string uid = server.run("web:1");
  const Duration begin = loop.monotonic();
  ASSERT_TRUE(loop.run_until([&] { return server.status(uid).last_status == LastStatus::running; }));
  EXPECT_EQ(loop.monotonic() - begin, simulated.create_latency + simulated.start_latency);
}

TEST_F(AgentTest, a_definition_may_come_after_its_task) {
  boot();
  settle();
  const std::string uid = server.run("late:1");
  settle();
  EXPECT_THAT(engine->containers(), IsEmpty());
  server.define("late:1", {container("app")});
  settle();
  EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
}

TEST_F(AgentTest, starts_in_the_order_of_dependencies) {
  boot();
  settle();
  ContainerDefinition init = container("init", {{"MUSTER_SIM_RUN_FOR", "50ms"}});
  init.essential = false;
  ContainerDefinition app = container("app");
  app.depends_on = {ContainerDependency{"init", DependencyCondition::success}};
  server.define("web:1", {app, init});
  const std::string uid = server.run("web:1");
  settle();
  const TaskStatus& status = server.status(uid);
  EXPECT_EQ(status.last_status, LastStatus::running);
  const auto find = [&](const std::string& name) {
    return *std::ranges::find(status.containers, name, &ContainerStatus::name);
  };
  EXPECT_EQ(find("init").exit_code, 0);
  EXPECT_GE(find("app").started_at, find("init").finished_at);
}

TEST_F(AgentTest, reports_a_killed_container_at_once) {
  boot();
  settle();
  server.define("web:1", {container("app")});
  const std::string uid = server.run("web:1");
  settle();
  const Duration begin = loop.monotonic();
  ASSERT_TRUE(engine->kill(host_name(uid, "app"), 137).ok());
  ASSERT_TRUE(loop.run_until([&] { return server.status(uid).last_status == LastStatus::stopped; }));
  EXPECT_EQ(loop.monotonic(), begin);
  EXPECT_EQ(server.status(uid).stop_code, StopCode::essential_container_exited);
  EXPECT_EQ(server.status(uid).containers[0].exit_code, 137);
  EXPECT_EQ(engine->starts(), 1u) << "an agent does not restart";
}

TEST_F(AgentTest, stops_a_task_with_the_wanted_reason) {
  boot();
  settle();
  server.define("web:1", {container("app"), container("side")});
  const std::string uid = server.run("web:1");
  settle();
  server.stop(uid);
  settle();
  const TaskStatus& status = server.status(uid);
  EXPECT_EQ(status.last_status, LastStatus::stopped);
  EXPECT_EQ(status.stop_code, StopCode::service_scheduler_initiated);
  EXPECT_EQ(status.containers[0].exit_code, 143);
  EXPECT_EQ(engine->running(), 0u);
  EXPECT_THAT(server.history[uid],
              ElementsAre(LastStatus::pending, LastStatus::running, LastStatus::stopping, LastStatus::stopped));
}

TEST_F(AgentTest, a_stop_that_needs_sigkill_takes_its_grace_and_holds_nobody_up) {
  boot();
  settle();
  ContainerDefinition stubborn = container("app", {{"MUSTER_SIM_IGNORE_SIGTERM", "true"}});
  stubborn.stop_timeout = 20;
  server.define("slow:1", {stubborn});
  server.define("web:1", {container("app")});
  std::vector<std::string> slow;
  for (int at = 0; at < 10; ++at) slow.push_back(server.run("slow:1"));
  settle();
  for (const std::string& uid : slow) server.stop(uid);
  loop.advance(seconds(1));
  const std::string uid = server.run("web:1");
  settle();
  EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
  EXPECT_EQ(server.status(slow[0]).last_status, LastStatus::stopping);
  loop.advance(seconds(20));
  for (const std::string& each : slow) EXPECT_EQ(server.status(each).containers.at(0).exit_code, 137);
}

TEST_F(AgentTest, an_image_that_cannot_be_pulled_fails_the_task) {
  simulated.images["absent"].pull_error = "manifest unknown";
  boot();
  settle();
  ContainerDefinition app = container("app");
  app.image = "absent";
  server.define("web:1", {app});
  const std::string uid = server.run("web:1");
  loop.advance(seconds(10));
  EXPECT_EQ(server.status(uid).last_status, LastStatus::stopped);
  EXPECT_EQ(server.status(uid).stop_code, StopCode::task_failed_to_start);
  EXPECT_EQ(server.status(uid).stopped_reason, "CannotPullContainerError: absent: manifest unknown");
}

TEST_F(AgentTest, tasks_of_one_image_share_its_pull) {
  simulated.pull_latency = seconds(3);
  boot();
  settle();
  server.define("web:1", {container("app"), container("side")});
  std::vector<std::string> uids;
  for (int at = 0; at < 5; ++at) uids.push_back(server.run("web:1"));
  loop.advance(seconds(1));
  EXPECT_EQ(server.status(uids[0]).last_status, LastStatus::pending);
  loop.advance(seconds(5));
  for (const std::string& uid : uids) EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
  EXPECT_EQ(agent->stats().pulls, 1u);
}

TEST_F(AgentTest, a_start_that_fails_says_why) {
  boot();
  settle();
  server.define("web:1", {container("app", {{"MUSTER_SIM_START_ERROR", "exec format error"}})});
  const std::string uid = server.run("web:1");
  settle();
  EXPECT_EQ(server.status(uid).stop_code, StopCode::task_failed_to_start);
  EXPECT_THAT(server.status(uid).stopped_reason, HasSubstr("exec format error"));
  EXPECT_THAT(server.status(uid).stopped_reason, HasSubstr("CannotStartContainerError"));
}

TEST_F(AgentTest, starts_at_most_as_many_as_there_are_lanes) {
  simulated.create_latency = milliseconds(0);
  simulated.start_latency = seconds(1);
  boot();
  settle();
  server.define("web:1", {container("app")});
  for (int at = 0; at < 6; ++at) server.run("web:1");
  loop.advance(milliseconds(1'500));
  EXPECT_EQ(engine->running(), 2u);
  loop.advance(seconds(1));
  EXPECT_EQ(engine->running(), 4u);
  loop.advance(seconds(1));
  EXPECT_EQ(engine->running(), 6u);
}

TEST_F(AgentTest, five_hundred_tasks_start_and_stop) {
  options.parallel_starts = 16;
  boot();
  settle();
  server.define("web:1", {container("app")});
  std::vector<std::string> all;
  for (int at = 0; at < 500; ++at) all.push_back(server.run("web:1"));
  loop.advance(seconds(5));
  EXPECT_EQ(engine->running(), 500u);
  EXPECT_EQ(agent->stats().running, 500u);
  for (const std::string& uid : all) server.stop(uid);
  loop.advance(seconds(5));
  EXPECT_EQ(engine->running(), 0u);
  for (const std::string& uid : all) EXPECT_EQ(server.status(uid).last_status, LastStatus::stopped);
  for (const std::string& uid : all) server.erase(uid);
  loop.advance(seconds(5));
  EXPECT_THAT(engine->containers(), IsEmpty());
  EXPECT_EQ(agent->stats().tasks, 0u);
  EXPECT_EQ(engine->starts(), 500u);
}

TEST_F(AgentTest, changes_of_one_turn_go_in_one_report) {
  simulated.create_latency = simulated.start_latency = milliseconds(0);
  options.parallel_starts = 100;
  boot();
  settle();
  server.define("web:1", {container("app")});
  settle();
  const std::size_t before = server.reports.size();
  for (int at = 0; at < 50; ++at) server.run("web:1");
  settle();
  EXPECT_EQ(agent->stats().running, 50u);
  EXPECT_LE(server.reports.size() - before, 12u);
}

TEST_F(AgentTest, a_task_that_is_deleted_is_stopped_and_leaves_nothing) {
  boot();
  settle();
  server.define("web:1", {container("app")});
  const std::string uid = server.run("web:1");
  settle();
  server.erase(uid);
  settle();
  EXPECT_THAT(engine->containers(), IsEmpty());
  EXPECT_EQ(agent->stats().tasks, 0u);
}

TEST_F(AgentTest, dead_containers_stay_for_their_logs_and_then_go) {
  boot();
  settle();
  server.define("web:1", {container("app", {{"MUSTER_SIM_RUN_FOR", "1s"}})});
  const std::string uid = server.run("web:1");
  loop.advance(minutes(9));
  EXPECT_EQ(server.status(uid).last_status, LastStatus::stopped);
  EXPECT_THAT(engine->containers(), SizeIs(1));
  loop.advance(minutes(2));
  EXPECT_THAT(engine->containers(), IsEmpty());
  EXPECT_EQ(server.history[uid].back(), LastStatus::stopped);
}

TEST_F(AgentTest, dead_containers_stay_until_the_server_knows) {
  boot();
  settle();
  server.define("web:1", {container("app", {{"MUSTER_SIM_RUN_FOR", "1s"}})});
  server.acknowledges = false;
  server.run("web:1");
  loop.advance(minutes(30));
  EXPECT_THAT(engine->containers(), SizeIs(1));
  server.acknowledges = true;
  loop.advance(minutes(2));
  EXPECT_THAT(engine->containers(), IsEmpty());
}

TEST_F(AgentTest, only_so_many_dead_containers_stay) {
  options.most_stopped = 3;
  boot();
  settle();
  server.define("web:1", {container("app", {{"MUSTER_SIM_RUN_FOR", "1s"}})});
  for (int at = 0; at < 8; ++at) server.run("web:1");
  loop.advance(seconds(30));
  EXPECT_THAT(engine->containers(), SizeIs(3));
}

TEST_F(AgentTest, sends_logs_over_a_connection_of_its_own) {
  boot();
  settle();
  server.define("web:1", {container("app", {{"MUSTER_SIM_LOG", "hello from app"}})});
  const std::string uid = server.run("web:1");
  settle();
  server.send(protocol::encode(protocol::Down(open_of("s1", "app", uid))));
  settle();
  EXPECT_EQ(server.streams.at("s1").target, "/apis/muster.dev/v1beta1/containerinstances/host-1/streams/s1");
  EXPECT_EQ(server.streams.at("s1").bytes, "hello from app\n");
  EXPECT_EQ(agent->stats().log_streams, 0u);

  server.send(protocol::encode(protocol::Down(open_of("s2", "nobody", uid))));
  settle();
  EXPECT_EQ(server.streams.at("s2").end, "the container does not exist on this host");

  server.send(protocol::encode(protocol::Down(open_of("s3", "app", uid, "follow"))));
  settle();
  EXPECT_EQ(agent->stats().log_streams, 1u);
  ASSERT_TRUE(engine->kill(host_name(uid, "app"), 0).ok());
  settle();
  EXPECT_EQ(agent->stats().log_streams, 0u);
}

TEST_F(AgentTest, is_quiet_when_nothing_happens) {
  boot();
  settle();
  server.define("web:1", {container("app")});
  for (int at = 0; at < 50; ++at) server.run("web:1");
  loop.advance(seconds(5));
  const std::size_t reports = server.reports.size();
  loop.advance(minutes(1));
  EXPECT_LE(server.reports.size() - reports, 3u);
  EXPECT_GE(server.beats, 60);
  EXPECT_LE(loop.timers(), 8u) << "no timer per task";
}

TEST_F(AgentTest, an_away_agent_says_so_and_leaves_containers_running) {
  boot();
  settle();
  server.define("web:1", {container("app")});
  server.run("web:1");
  settle();
  bool done = false;
  agent->shutdown(seconds(120), [&] { done = true; });
  settle();
  EXPECT_TRUE(done);
  ASSERT_THAT(server.aways, SizeIs(1));
  EXPECT_EQ(server.aways[0].hold, Duration(seconds(120)));
  const int dials = server.dials;
  loop.advance(minutes(1));
  EXPECT_EQ(engine->running(), 1u);
  EXPECT_EQ(server.dials, dials);
}

TEST_F(AgentTest, shutdown_ends_without_a_server_too) {
  server.reachable = false;
  boot();
  settle();
  bool done = false;
  agent->shutdown(seconds(120), [&] { done = true; });
  loop.advance(seconds(2));
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace muster::agent::testing
