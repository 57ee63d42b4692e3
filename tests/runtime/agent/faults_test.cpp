// What an agent does when its server, its engine, its disk or itself fails: nothing is doubled, nothing is lost.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "runtime/agent/agent.h"
#include "tests/runtime/agent/host.h"
#include "tests/support/temp_dir.h"

namespace muster::agent::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Faults : public AgentTest {
 protected:
  // One running task of one container.
  std::string one_running() {
    boot();
    settle();
    server.define("web:1", {container("app")});
    std::string uid = server.run("web:1");
    settle();
    EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
    return uid;
  }
  void keep_on_disk() { options.data_dir = folder.path() + "/agent"; }

  muster::testing::TempDir folder;
};

// ---- the connection

TEST_F(Faults, reconnects_and_tells_everything_again) {
  const std::string uid = one_running();
  server.cut("reset by peer");
  server.reachable = false;
  loop.advance(seconds(20));
  ASSERT_TRUE(engine->kill(host_name(uid, "app"), 9).ok());
  loop.advance(seconds(20));
  server.reports.clear();
  server.reachable = true;
  loop.advance(seconds(6));
  ASSERT_TRUE(server.connected());
  ASSERT_FALSE(server.reports.empty());
  EXPECT_TRUE(server.reports[0].full);
  ASSERT_THAT(server.reports[0].tasks, SizeIs(1));
  EXPECT_EQ(server.status(uid).last_status, LastStatus::stopped);
  EXPECT_EQ(server.status(uid).containers[0].exit_code, 9);
  EXPECT_EQ(engine->starts(), 1u);
}

TEST_F(Faults, a_report_that_was_lost_with_its_connection_is_sent_again) {
  const std::string uid = one_running();
  ASSERT_TRUE(engine->kill(host_name(uid, "app"), 9).ok());
  server.cut("reset by peer");
  settle();
  EXPECT_EQ(server.status(uid).last_status, LastStatus::stopped);
}

TEST_F(Faults, dials_with_growing_patience) {
  server.reachable = false;
  boot();
  loop.advance(seconds(1));
  EXPECT_GE(server.dials, 4);
  loop.advance(minutes(5));
  EXPECT_LE(server.dials, 150);
  EXPECT_GE(server.dials, 50);
}

TEST_F(Faults, a_refusal_is_tried_again_slowly) {
  server.refusal = "another connection holds this instance";
  boot();
  loop.advance(minutes(1));
  EXPECT_GE(server.dials, 8);
  EXPECT_LE(server.dials, 30);
  server.refusal.clear();
  loop.advance(seconds(6));
  EXPECT_TRUE(agent->stats().connected);
}

TEST_F(Faults, a_server_that_says_nothing_any_more_is_left) {
  one_running();
  server.answers = false;
  const int dials = server.dials;
  loop.advance(minutes(1));
  EXPECT_GT(server.dials, dials);
  server.answers = true;
  loop.advance(seconds(20));
  EXPECT_TRUE(server.connected());
}

TEST_F(Faults, nonsense_from_the_server_ends_the_connection_not_the_agent) {
  one_running();
  server.send("{\"put\":");
  settle();
  EXPECT_FALSE(agent->stats().connected);
  loop.advance(seconds(10));
  EXPECT_TRUE(server.connected());
  server.send(R"({"put":{"object":{"kind":"Task","apiVersion":"muster.dev/v1beta1","spec":7}}})");
  server.send(R"({"put":{"object":[1,2]}})");
  server.send(R"({"remove":{"kind":"Nothing","name":"x"}})");
  settle();
  EXPECT_TRUE(agent->stats().connected);
  EXPECT_EQ(engine->running(), 1u);
}

TEST_F(Faults, what_was_deleted_meanwhile_is_ended_after_the_sync) {
  const std::string uid = one_running();
  server.cut("reset by peer");
  server.tasks.erase(uid);
  loop.advance(seconds(1));
  EXPECT_THAT(engine->containers(), IsEmpty());
  EXPECT_EQ(agent->stats().tasks, 0u);
}

TEST_F(Faults, a_task_that_the_server_has_ended_is_ended_here) {
  const std::string uid = one_running();
  server.cut("reset by peer");
  TaskStatus& status = server.tasks.at(uid)->status;
  status.last_status = LastStatus::stopped;
  status.stop_code = StopCode::termination_notice;
  status.stopped_reason = "the instance was deleted";
  loop.advance(seconds(1));
  EXPECT_EQ(engine->running(), 0u);
  EXPECT_EQ(server.status(uid).stop_code, StopCode::termination_notice);
  EXPECT_EQ(std::exchange(server.backward, 0), 1) << "it is STOPPING here while the server has it as STOPPED";
}

// ---- the agent itself

TEST_F(Faults, containers_are_adopted_after_a_crash_of_the_agent) {
  for (const bool on_disk : {false, true}) {
    SCOPED_TRACE(on_disk);
    if (on_disk) keep_on_disk();
    const std::string uid = one_running();
    const std::uint64_t starts = engine->starts();
    const std::string name = host_name(uid, "app");
    const Time started = server.status(uid).started_at;
    crash();
    server.cut("gone");
    loop.advance(seconds(10));
    boot();
    settle();
    EXPECT_EQ(server.hellos.back().instance_uid, on_disk ? "instance-1" : "");
    EXPECT_EQ(engine->starts(), starts);
    EXPECT_EQ(host_name(uid, "app"), name);
    EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
    EXPECT_EQ(server.status(uid).started_at, started);
    server.erase(uid);
    settle();
    crash();
  }
}

TEST_F(Faults, an_exit_during_the_agents_absence_is_found) {
  for (const bool removed : {false, true}) {
    SCOPED_TRACE(removed);
    const std::string uid = one_running();
    const std::uint64_t starts = engine->starts();
    crash();
    const std::string name = host_name(uid, "app");
    ASSERT_TRUE(engine->kill(name, 5).ok());
    if (removed) {
      drivers::SimulatedDriver by_hand(engine);
      by_hand.remove(name, [](const Status&) {});
      loop.run_ready();
    }
    server.cut("gone");
    boot();
    settle();
    EXPECT_EQ(server.status(uid).last_status, LastStatus::stopped);
    EXPECT_EQ(engine->starts(), starts);
    if (removed) {
      EXPECT_THAT(server.status(uid).containers[0].reason, HasSubstr("ContainerVanishedError"));
    } else {
      EXPECT_EQ(server.status(uid).containers[0].exit_code, 5);
    }
    crash();
  }
}

TEST_F(Faults, a_crash_at_any_moment_doubles_nothing) {
  keep_on_disk();
  boot();
  settle();
  server.define("web:1", {container("app"), container("side")});
  for (std::uint64_t moment = 0; moment < 40; ++moment) {
    SCOPED_TRACE(moment);
    const std::string uid = server.run("web:1");
    loop.advance(std::chrono::microseconds(500 * moment));
    crash();
    server.cut("gone");
    boot();
    settle();
    EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
    EXPECT_EQ(engine->starts(), 2 * (moment + 1));
    EXPECT_THAT(engine->containers(), SizeIs(2));
    server.erase(uid);
    settle();
  }
}

TEST_F(Faults, goes_on_without_a_server_after_a_restart) {
  keep_on_disk();
  const std::string uid = one_running();
  crash();
  server.cut("gone");
  server.reachable = false;
  boot();
  settle();
  EXPECT_EQ(agent->stats().running, 1u);
  ASSERT_TRUE(engine->kill(host_name(uid, "app"), 4).ok());
  settle();
  EXPECT_EQ(agent->stats().stopped, 1u);
  crash();
  boot();
  server.reachable = true;
  loop.advance(seconds(6));
  EXPECT_EQ(server.status(uid).last_status, LastStatus::stopped);
  EXPECT_EQ(server.status(uid).containers[0].exit_code, 4);
}

TEST_F(Faults, a_stop_decided_before_the_crash_keeps_its_reason) {
  keep_on_disk();
  const std::string uid = one_running();
  server.stop(uid);
  loop.run_ready();
  crash();
  server.cut("gone");
  loop.advance(seconds(5));
  server.reachable = false;
  boot();
  settle();
  EXPECT_EQ(agent->stats().stopped, 1u);
  server.reachable = true;
  loop.advance(seconds(6));
  EXPECT_EQ(server.status(uid).stop_code, StopCode::service_scheduler_initiated);
}

TEST_F(Faults, containers_of_unknown_tasks_are_removed_others_are_not_touched) {
  const std::string uid = one_running();
  crash();
  server.tasks.erase(uid);
  server.cut("gone");
  // Somebody else's, and one of another cluster.
  drivers::SimulatedDriver by_hand(engine);
  for (const std::string other : {"theirs", "second-cluster"}) {
    drivers::ContainerConfig config;
    config.name = other;
    if (other == "second-cluster") {
      config.labels = {{"muster.dev/cluster-uid", "cluster-2"}, {"muster.dev/container-instance", options.name}};
    }
    by_hand.create(config, [](const Status&) {});
    loop.advance(milliseconds(10));
    by_hand.start(other, [](const Status&) {});
    loop.advance(milliseconds(10));
  }
  boot();
  settle();
  std::vector<std::string> names;
  for (const drivers::ContainerState& state : engine->containers()) names.push_back(state.name);
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("theirs", "second-cluster"));
  EXPECT_EQ(engine->running(), 2u);
}

TEST_F(Faults, nobody_is_a_ghost_before_the_server_has_named_all_tasks) {
  keep_on_disk();
  const std::string uid = one_running();
  crash();
  std::filesystem::remove_all(options.data_dir + "/tasks");
  server.cut("gone");
  server.reachable = false;
  boot();
  loop.advance(minutes(1));
  EXPECT_EQ(engine->running(), 1u);
  server.reachable = true;
  loop.advance(seconds(10));
  EXPECT_EQ(engine->running(), 1u);
  EXPECT_EQ(engine->starts(), 1u);
  EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
}

// ---- identity

TEST_F(Faults, an_instance_made_anew_ends_the_tasks_of_the_former_one) {
  keep_on_disk();
  one_running();
  crash();
  server.cut("gone");
  server.tasks.clear();
  server.instance_uid = "instance-2";
  const std::string uid = server.run("web:1");
  boot();
  loop.advance(seconds(2));
  ASSERT_THAT(engine->containers(), SizeIs(1));
  EXPECT_EQ(engine->containers()[0].labels.at("muster.dev/task-uid"), uid);
  EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
}

// Deleted by mistake, or while the host was away: what the server still has placed on it goes on, and nobody says that
// it has stopped.
TEST_F(Faults, an_instance_made_anew_keeps_the_tasks_that_are_still_placed_on_it) {
  keep_on_disk();
  const std::string uid = one_running();
  server.instance_uid = "instance-2";
  server.cut("the container instance has been deleted");
  loop.advance(seconds(10));
  EXPECT_TRUE(server.connected());
  EXPECT_EQ(engine->running(), 1u);
  EXPECT_EQ(engine->starts(), 1u);
  EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
  crash();
  server.instance_uid = "instance-3";
  server.cut("gone");
  boot();
  loop.advance(seconds(10));
  EXPECT_EQ(engine->running(), 1u);
  EXPECT_EQ(engine->starts(), 1u);
  EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
}

TEST_F(Faults, the_tasks_of_another_name_are_ended_when_the_engine_answers_again) {
  keep_on_disk();
  one_running();
  crash();
  server.cut("gone");
  server.tasks.clear();
  server.instance_uid = "instance-2";
  options.name = server.instance = "renamed";
  engine->make_unavailable();
  boot();
  loop.advance(minutes(3));
  EXPECT_TRUE(server.connected());
  crash();  // and by an agent that knows of the former one from its disk only
  server.cut("gone");
  boot();
  loop.advance(seconds(10));
  EXPECT_EQ(engine->running(), 1u);
  engine->make_available();
  loop.advance(seconds(10));
  EXPECT_THAT(engine->containers(), IsEmpty());
  EXPECT_TRUE(std::filesystem::exists(options.data_dir + "/formers.json"));
  loop.advance(minutes(8));
  EXPECT_FALSE(std::filesystem::exists(options.data_dir + "/formers.json"));
}

TEST_F(Faults, what_was_asked_for_under_another_name_is_ended_when_it_comes_true) {
  simulated.create_latency = seconds(3);
  keep_on_disk();
  boot();
  settle();
  server.define("web:1", {container("app")});
  server.run("web:1");
  settle();
  EXPECT_THAT(engine->containers(), IsEmpty());
  crash();
  server.tasks.clear();
  server.instance_uid = "instance-2";
  options.name = server.instance = "renamed";
  server.cut("reset by peer");
  boot();
  loop.advance(seconds(2));
  EXPECT_TRUE(server.connected());
  EXPECT_THAT(engine->containers(), IsEmpty());
  loop.advance(milliseconds(900));
  EXPECT_THAT(engine->containers(), SizeIs(1));
  loop.advance(seconds(10));
  EXPECT_THAT(engine->containers(), IsEmpty());
}

TEST_F(Faults, another_cluster_leaves_the_former_ones_containers_alone) {
  keep_on_disk();
  one_running();
  crash();
  server.cut("gone");
  server.tasks.clear();
  server.cluster_uid = "cluster-2";
  server.instance_uid = "instance-2";
  boot();
  loop.advance(seconds(2));
  EXPECT_EQ(engine->running(), 1u);
  EXPECT_EQ(agent->stats().tasks, 0u);
  crash();
  server.cut("gone");
  boot();
  settle();
  EXPECT_EQ(server.hellos.back().instance_uid, "instance-2");
}

TEST_F(Faults, two_agents_do_not_share_a_folder) {
  keep_on_disk();
  boot();
  Agent second(AgentParts{loop, random, std::make_unique<drivers::SimulatedDriver>(engine), server.link(), nullptr},
               options);
  EXPECT_EQ(second.start().error().code, Code::already_exists);
}

// ---- the disk

TEST_F(Faults, a_corrupt_file_is_set_aside_and_its_task_comes_back_from_the_server) {
  keep_on_disk();
  const std::string uid = one_running();
  crash();
  const std::string file = options.data_dir + "/tasks/" + uid + ".json";
  ASSERT_TRUE(std::filesystem::exists(file));
  std::ofstream(file) << "{\"namespace\":\"defau";
  server.cut("gone");
  boot();
  settle();
  EXPECT_TRUE(std::filesystem::exists(file + ".corrupt"));
  EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
  EXPECT_EQ(engine->starts(), 1u);
  EXPECT_EQ(engine->running(), 1u);
}

TEST_F(Faults, a_folder_that_cannot_be_written_stops_no_work) {
  keep_on_disk();
  boot();
  settle();
  std::filesystem::remove_all(options.data_dir + "/tasks");
  std::ofstream(options.data_dir + "/tasks") << "not a folder";
  server.define("web:1", {container("app")});
  const std::string uid = server.run("web:1");
  settle();
  EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
  EXPECT_GT(agent->stats().unsaved, 0u);
}

TEST_F(Faults, files_go_with_their_tasks) {
  keep_on_disk();
  const std::string uid = one_running();
  server.erase(uid);
  settle();
  EXPECT_TRUE(std::filesystem::is_empty(options.data_dir + "/tasks"));
}

// ---- the engine

TEST_F(Faults, an_engine_that_is_away_is_said_and_decides_nothing) {
  const std::string uid = one_running();
  engine->make_unavailable();
  const std::string second = server.run("web:1");
  loop.advance(seconds(30));
  EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
  EXPECT_NE(server.status(second).last_status, LastStatus::stopped);
  ASSERT_FALSE(server.reports.empty());
  EXPECT_FALSE(agent->stats().engine_up && server.reports.back().engine_down);
  engine->make_available();
  loop.advance(seconds(6));
  EXPECT_TRUE(agent->stats().engine_up);
  EXPECT_FALSE(server.reports.back().engine_down);
  EXPECT_EQ(server.status(second).last_status, LastStatus::running);
  EXPECT_EQ(engine->starts(), 2u);
}

TEST_F(Faults, an_outage_in_the_middle_of_steps_is_survived) {
  boot();
  settle();
  server.define("web:1", {container("app"), container("side")});
  std::vector<std::string> uids;
  for (int at = 0; at < 6; ++at) uids.push_back(server.run("web:1"));
  for (int outage = 0; outage < 8; ++outage) {
    loop.advance(milliseconds(3));
    engine->make_unavailable_for(milliseconds(700));
    loop.advance(milliseconds(700));
  }
  loop.advance(seconds(10));
  for (const std::string& uid : uids) EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
  EXPECT_EQ(engine->starts(), 12u);
  EXPECT_EQ(engine->running(), 12u);
  EXPECT_EQ(agent->stats().failures, 0u);
}

TEST_F(Faults, an_engine_that_is_away_at_the_start_is_waited_for) {
  boot();
  settle();
  server.define("web:1", {container("app")});
  crash();
  server.cut("gone");
  engine->make_unavailable();
  const std::string uid = server.run("web:1");
  boot();
  loop.advance(seconds(10));
  ASSERT_TRUE(server.connected());
  EXPECT_TRUE(server.reports.back().engine_down);
  engine->make_available();
  loop.advance(seconds(10));
  EXPECT_EQ(server.status(uid).last_status, LastStatus::running);
  EXPECT_FALSE(server.reports.back().engine_down);
  EXPECT_THAT(server.hellos.back().version_info.docker_version, HasSubstr("simulated"));
}

TEST_F(Faults, a_host_that_lost_power_reports_what_is_left) {
  const std::string uid = one_running();
  crash();
  engine->kill_all();
  server.cut("gone");
  boot();
  settle();
  EXPECT_EQ(server.status(uid).last_status, LastStatus::stopped);
  EXPECT_EQ(server.status(uid).containers[0].exit_code, 137);
}

}  // namespace
}  // namespace muster::agent::testing
