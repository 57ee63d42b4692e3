// The controller over a turning clock: verdicts and what they do to tasks, mass losses, deleted instances, numbers.
#include <algorithm>

#include "tests/controllers/instance/running.h"

namespace muster {
namespace {

using namespace std::chrono_literals;
using testing::a_revision;
using testing::a_service;
using testing::a_task;
using testing::an_instance;
using testing::t0;
using InstanceTest = testing::Running;

TEST_F(InstanceTest, a_new_instance_takes_nothing_until_its_first_report) {
  world.add(an_instance("n1").with([](ContainerInstance& o) { o.status.agent.synced = false; }));
  settle();
  EXPECT_EQ(verdict("n1"), Connection::returning);
  EXPECT_TRUE(reasons().empty());
  connect("n1");
  settle();
  EXPECT_EQ(verdict("n1"), Connection::connected);
  EXPECT_TRUE(is_true(world.get<ContainerInstance>("n1")->status.conditions, "Ready"));
  EXPECT_EQ(reasons(), std::vector<std::string>{"Connected"});
}

TEST_F(InstanceTest, suspect_then_lost_then_returned) {
  world.add(a_revision("web", 1));
  world.add(an_instance("n1"));
  world.add(a_task("x").on("n1").running());
  world.add(a_task("done").on("n1").stopped(StopCode::essential_container_exited));
  advance(10s);
  disconnect("n1");
  settle();
  EXPECT_EQ(verdict("n1"), Connection::suspect);
  advance(4999ms);
  EXPECT_EQ(verdict("n1"), Connection::suspect);
  EXPECT_FALSE(lost("x"));
  advance(1ms);
  EXPECT_EQ(verdict("n1"), Connection::lost);
  EXPECT_TRUE(lost("x"));
  EXPECT_EQ(find_condition(world.get<Task>("x")->status.conditions, "Lost")->reason, "InstanceLost");
  EXPECT_EQ(world.get<Task>("x")->status.last_status, LastStatus::running) << "a lost task keeps lastStatus";
  EXPECT_FALSE(lost("done"));
  advance(1h);
  connect("n1", false);
  settle();
  EXPECT_EQ(verdict("n1"), Connection::returning);
  EXPECT_TRUE(lost("x")) << "until its report says what became of it";
  connect("n1");
  settle();
  EXPECT_EQ(verdict("n1"), Connection::connected);
  EXPECT_FALSE(lost("x"));
  EXPECT_EQ(find_condition(world.get<Task>("x")->status.conditions, "Lost")->reason, "InstanceReturned");
  EXPECT_EQ(reasons(), (std::vector<std::string>{"Connected", "Suspect", "Lost", "Returned", "Connected"}));
}

TEST_F(InstanceTest, a_short_silence_loses_nothing) {
  world.add(a_revision("web", 1));
  world.add(an_instance("n1"));
  world.add(a_task("x").on("n1").running());
  advance(10s);
  disconnect("n1");
  advance(3s);
  connect("n1");
  advance(1h);
  EXPECT_EQ(lost_tasks(), 0U);
  EXPECT_EQ(reasons(), (std::vector<std::string>{"Connected", "Suspect", "Returned"}));
}

TEST_F(InstanceTest, an_announced_absence_is_never_a_loss) {
  world.add(a_revision("web", 1));
  world.add(an_instance("n1"));
  world.add(a_task("x").on("n1").running());
  settle();
  world.edit<ContainerInstance>("n1", [&](ContainerInstance& o) {
    o.status.agent.connected = false;
    o.status.agent.since = o.status.agent.last_heard = world.now;
    o.status.agent.away_until = world.now + 120s;
  });
  advance(119s);
  EXPECT_EQ(verdict("n1"), Connection::away);
  EXPECT_FALSE(lost("x"));
  advance(1s);
  EXPECT_EQ(verdict("n1"), Connection::lost);
  EXPECT_TRUE(lost("x"));
}

TEST_F(InstanceTest, the_clusters_patience_can_be_changed_meanwhile) {
  world.add(an_instance("n1"));
  advance(10s);
  disconnect("n1");
  settle();
  world.edit<Cluster>("default", [](Cluster& o) { o.spec.lost_after = 60s; });
  advance(59s);
  EXPECT_EQ(verdict("n1"), Connection::suspect);
  advance(1s);
  EXPECT_EQ(verdict("n1"), Connection::lost);
}

TEST_F(InstanceTest, a_task_that_is_bound_too_late_is_lost_too) {
  world.add(a_revision("web", 1));
  world.add(an_instance("n1"));
  settle();
  disconnect("n1");
  advance(10s);
  world.add(a_task("late").on("n1"));
  settle();
  EXPECT_TRUE(lost("late"));
}

TEST_F(InstanceTest, many_tasks_are_lost_in_slices) {
  world.add(a_revision("web", 1).cpu(0).memory(1));
  world.add(an_instance("n1"));
  for (int i = 0; i < 2500; ++i) world.add(a_task(str("t", i)).on("n1").running());
  settle();
  disconnect("n1");
  advance(5s);
  EXPECT_EQ(lost_tasks(), 2500U);
  connect("n1");
  settle();
  EXPECT_EQ(lost_tasks(), 0U);
}

TEST_F(InstanceTest, when_many_vanish_their_tasks_are_lost_one_instance_at_a_time) {
  world.add(a_revision("web", 1));
  for (int i = 0; i < 10; ++i) {
    world.add(an_instance(str("n", i)));
    world.add(a_task(str("x", i)).on(str("n", i)).running());
  }
  advance(10s);
  world.notes.clear();
  for (int i = 0; i < 4; ++i) disconnect(str("n", i));
  advance(5s);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(verdict(str("n", i)), Connection::lost);
  EXPECT_EQ(lost_tasks(), 0U);
  const auto cluster = world.get<Cluster>("default");
  ASSERT_TRUE(is_true(cluster->status.conditions, "MassLoss"));
  EXPECT_EQ(
      find_condition(cluster->status.conditions, "MassLoss")->message,
      "4 of 10 instances vanished within 30s: the network is the likelier culprit, so the tasks of one instance every "
      "10s are declared lost and replaced");
  advance(9900ms);
  EXPECT_EQ(lost_tasks(), 0U);
  advance(100ms);
  EXPECT_EQ(lost_tasks(), 1U);
  EXPECT_TRUE(lost("x0"));
  // The network comes back for one of them: it loses nothing, and the others still take turns.
  connect("n1");
  advance(10s);
  EXPECT_EQ(lost_tasks(), 2U);
  EXPECT_TRUE(lost("x2"));
  advance(10s);
  EXPECT_EQ(lost_tasks(), 3U);
  advance(60s);
  EXPECT_FALSE(is_true(world.get<Cluster>("default")->status.conditions, "MassLoss"));
  std::size_t begun = 0, over = 0;
  for (const auto& reason : reasons()) {
    begun += reason == "MassLoss" ? 1 : 0;
    over += reason == "MassLossOver" ? 1 : 0;
  }
  EXPECT_EQ(begun, 1U);
  EXPECT_EQ(over, 1U);
  for (int i = 4; i < 10; ++i) EXPECT_FALSE(lost(str("x", i)));
}

TEST_F(InstanceTest, two_of_two_are_no_mass_loss) {
  world.add(a_revision("web", 1));
  for (const char* name : {"n1", "n2"}) {
    world.add(an_instance(name));
    world.add(a_task(str("x-", name)).on(name).running());
  }
  advance(10s);
  disconnect("n1");
  disconnect("n2");
  advance(5s);
  EXPECT_EQ(lost_tasks(), 2U);
}

TEST_F(InstanceTest, tasks_of_a_deleted_instance_are_stopped) {
  world.add(a_revision("web", 1));
  world.add(an_instance("n1"));
  world.add(a_task("x").on("n1").running());
  world.add(a_task("y").on("n1").running().asked_to_stop(StopCode::service_scheduler_initiated));
  world.add(a_task("z").on("n2").running());
  settle();
  world.remove<ContainerInstance>("n1");
  settle();
  EXPECT_EQ(world.get<Task>("x")->status.last_status, LastStatus::stopped);
  EXPECT_EQ(world.get<Task>("x")->status.stop_code, StopCode::user_initiated);
  EXPECT_EQ(world.get<Task>("x")->status.stopped_reason, "Container instance n1 was deregistered");
  EXPECT_EQ(world.get<Task>("x")->status.stopped_at, world.now);
  EXPECT_EQ(world.get<Task>("y")->status.stop_code, StopCode::service_scheduler_initiated);
  EXPECT_EQ(world.get<Task>("z")->status.last_status, LastStatus::stopped) << "left over from before the start";
}

TEST_F(InstanceTest, says_what_remains) {
  world.add(a_revision("web", 1).cpu(100).memory(200).host_port(80));
  world.add(an_instance("n1").reserved_port(22));
  world.add(a_task("x").on("n1").running());
  world.add(a_task("y").on("n1"));
  world.add(a_task("done").on("n1").stopped(StopCode::user_initiated));
  world.add(a_task("unplaced"));
  world.add(a_service("web"));
  advance(3s);
  const auto status = world.get<ContainerInstance>("n1")->status;
  EXPECT_EQ(status.running_tasks_count, 1);
  EXPECT_EQ(status.pending_tasks_count, 1);
  std::map<std::string, InstanceResource> remaining;
  for (const auto& each : status.remaining_resources) remaining[each.name] = each;
  EXPECT_EQ(remaining["CPU"].integer_value, 4096 - 200);
  EXPECT_EQ(remaining["MEMORY"].integer_value, 8192 - 400);
  EXPECT_EQ(remaining["PORTS"].type, "STRINGSET");
  EXPECT_EQ(remaining["PORTS"].string_set_value, (std::vector<std::string>{"22", "80"}));
  const auto cluster = world.get<Cluster>("default")->status;
  EXPECT_EQ(cluster.registered_container_instances_count, 1);
  EXPECT_EQ(cluster.running_tasks_count, 1);
  EXPECT_EQ(cluster.pending_tasks_count, 2);
  EXPECT_EQ(cluster.active_services_count, 1);
}

TEST_F(InstanceTest, says_which_gpus_remain) {
  world.add(a_revision("web", 1).gpus("1"));
  world.add(an_instance("n1").gpus({"a", "b", "c"}));
  world.add(a_task("x").on("n1").running().with([](Task& task) {
    ContainerStatus& main = task.status.containers.emplace_back();
    main.name = "main";
    main.gpu_ids = {"b"};
  }));
  world.add(a_task("y").on("n1"));  // is given one when its container is made
  world.add(a_service("web"));
  advance(3s);
  const auto status = world.get<ContainerInstance>("n1")->status;
  const auto gpus = std::find_if(status.remaining_resources.begin(), status.remaining_resources.end(),
                                 [](const InstanceResource& each) { return each.name == "GPU"; });
  ASSERT_NE(gpus, status.remaining_resources.end());
  EXPECT_EQ(gpus->string_set_value, std::vector<std::string>{"a"}) << "one, whichever it will be";
}

TEST_F(InstanceTest, numbers_are_written_seldom_and_are_exact_when_it_is_quiet) {
  world.add(a_revision("web", 1).cpu(1).memory(1));
  world.add(an_instance("n1"));
  advance(10s);
  writes = 0;
  for (int i = 0; i < 1000; ++i) {
    world.add(a_task(str("t", i)).on("n1"));
    advance(10ms);
  }
  EXPECT_LE(writes, 14U) << "10 s: at most six of the instance and six of the cluster";
  EXPECT_GE(writes, 6U);
  advance(2s);
  EXPECT_EQ(world.get<ContainerInstance>("n1")->status.pending_tasks_count, 1000);
  EXPECT_EQ(world.get<Cluster>("default")->status.pending_tasks_count, 1000);
  writes = 0;
  advance(1h);
  EXPECT_EQ(writes, 0U);
}

TEST_F(InstanceTest, a_restarted_controller_changes_nothing) {
  world.add(a_revision("web", 1));
  for (int i = 0; i < 5; ++i) {
    world.add(an_instance(str("n", i)));
    world.add(a_task(str("x", i)).on(str("n", i)).running());
  }
  advance(10s);
  disconnect("n3");
  advance(1min);
  const auto revision = world.state.revision();
  restart();
  advance(1min);
  EXPECT_EQ(world.state.revision(), revision);
}

}  // namespace
}  // namespace muster
