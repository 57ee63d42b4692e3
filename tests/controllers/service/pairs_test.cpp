// Tasks that must be replaced while they run: unhealthy ones, and those on hosts that drain, are lost, or come back.
#include "controllers/service/pairs.h"

#include "tests/controllers/service/replicas.h"

namespace muster {
namespace {

using namespace testing;
using std::chrono::seconds;

TEST_F(Replicas, are_healthy_after_the_minimum_time) {
  given(a_service("web").desired(1).minimum_healthy_time(seconds(10)));
  EXPECT_EQ(service()->status.running_count, 1);
  EXPECT_EQ(service()->status.healthy_count, 0);
  EXPECT_FALSE(is_true(service()->status.conditions, "Ready"));
  EXPECT_EQ(shell.next_timer(), world.now + seconds(10));
  shell.advance(seconds(10));
  EXPECT_EQ(service()->status.healthy_count, 1);
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
}

class CheckedReplicas : public Replicas {
 protected:
  CheckedReplicas() { world.add(a_revision("checked", 1).health_check()); }
  void all_healthy() {
    for (const auto& task : live()) {
      if (task->status.last_status == LastStatus::running && task->status.health_status == HealthStatus::unknown) {
        hosts.health(task->metadata.name, HealthStatus::healthy);
      }
    }
    rest();
  }
};

TEST_F(CheckedReplicas, an_unhealthy_task_is_replaced_start_first) {
  given(a_service("web").definition("checked").desired(2));
  all_healthy();
  const auto sick = live()[0];
  hosts.health(sick->metadata.name, HealthStatus::unhealthy);
  rest();
  EXPECT_EQ(live().size(), 3U) << "the replacement runs beside it";
  EXPECT_FALSE(wants_stop(*world.get<Task>(sick->metadata.name)));
  all_healthy();
  EXPECT_EQ(live().size(), 2U);
  EXPECT_TRUE(wants_stop(*world.get<Task>(sick->metadata.name)));
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
}

TEST_F(CheckedReplicas, a_task_that_recovers_keeps_its_slot) {
  given(a_service("web").definition("checked").desired(1));
  all_healthy();
  const std::string sick = live()[0]->metadata.name;
  hosts.health(sick, HealthStatus::unhealthy);
  shell.settle();
  EXPECT_EQ(live().size(), 2U);
  hosts.health(sick, HealthStatus::healthy);
  rest();
  ASSERT_EQ(live().size(), 1U);
  EXPECT_EQ(live()[0]->metadata.name, sick);
}

TEST_F(CheckedReplicas, without_room_unhealthy_tasks_stop_one_at_a_time) {
  given(a_service("web").definition("checked").desired(4).percent(50, 100));
  all_healthy();
  const auto tasks = live();
  hosts.health(tasks[0]->metadata.name, HealthStatus::unhealthy);
  hosts.health(tasks[1]->metadata.name, HealthStatus::unhealthy);
  shell.settle();
  EXPECT_EQ(live().size(), 3U);
  rest();
  EXPECT_EQ(live().size(), 4U);
  EXPECT_EQ(std::count_if(tasks.begin(), tasks.end(),
                          [&](const auto& t) { return wants_stop(*world.get<Task>(t->metadata.name)); }),
            2);
}

TEST_F(CheckedReplicas, the_grace_period_protects_a_young_task) {
  given(a_service("web").definition("checked").desired(1).grace(30));
  hosts.health(live()[0]->metadata.name, HealthStatus::unhealthy);
  rest();
  EXPECT_EQ(live().size(), 1U);
  shell.advance(seconds(30));
  EXPECT_EQ(live().size(), 2U);
}

TEST_F(Replicas, move_from_a_draining_instance_start_first) {
  given(a_service("web").desired(4));
  hosts.drain("i-1");
  shell.settle();
  EXPECT_EQ(live().size(), 5U);
  rest();
  EXPECT_EQ(live().size(), 4U);
  for (const auto& task : live()) EXPECT_NE(task->spec.container_instance, "i-1");
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
}

TEST_F(Replicas, move_from_an_instance_whose_taint_they_do_not_tolerate) {
  world.add(a_revision("tough", 1).tolerating("broken"));
  given(a_service("web").desired(4));
  world.add(a_service("tough").definition("tough").desired(4));
  rest();
  const auto on_it = [&](const std::string& group) {
    std::size_t count = 0;
    for (const auto& task : live())
      count += task->spec.container_instance == "i-1" && task->spec.group == group ? 1 : 0;
    return count;
  };
  ASSERT_EQ(on_it("service:web"), 1U);
  ASSERT_EQ(on_it("service:tough"), 1U);
  world.edit<ContainerInstance>("i-1", [](ContainerInstance& o) {
    o.spec.taints = {{"soft", "", TaintEffect::no_schedule}};
  });
  rest();
  EXPECT_EQ(on_it("service:web"), 1U) << "those that are there stay";
  world.edit<ContainerInstance>("i-1", [](ContainerInstance& o) {
    o.spec.taints = {{"broken", "", TaintEffect::no_execute}};
  });
  shell.settle();
  EXPECT_EQ(live().size(), 9U) << "start first";
  rest();
  EXPECT_EQ(live().size(), 8U);
  EXPECT_EQ(on_it("service:web"), 0U);
  EXPECT_EQ(on_it("service:tough"), 1U);
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
}

TEST_F(Replicas, leave_a_tainted_instance_first_where_there_is_no_room) {
  given(a_service("web").desired(2).percent(50, 100));
  const auto there = live()[0];
  world.edit<ContainerInstance>(there->spec.container_instance, [](ContainerInstance& o) {
    o.spec.taints = {{"broken", "", TaintEffect::no_execute}};
  });
  rest();
  EXPECT_EQ(live().size(), 2U);
  EXPECT_EQ(world.get<Task>(there->metadata.name)->spec.stopped_reason,
            "Container instance has a taint that the task does not tolerate");
}

TEST_F(Replicas, an_evicted_task_is_replaced_first) {
  given(a_service("web").desired(2));
  const std::string name = live()[0]->metadata.name;
  world.edit<Task>(name, [](Task& o) { o.metadata.annotations.emplace("muster.dev/evicted", "2026-01-01T00:00:00Z"); });
  shell.settle();
  EXPECT_EQ(live().size(), 3U);
  rest();
  ASSERT_EQ(live().size(), 2U);
  for (const auto& task : live()) {
    EXPECT_NE(task->metadata.name, name);
    EXPECT_TRUE(task->metadata.annotations.empty()) << "the mark is not handed on";
  }
}

TEST_F(Replicas, an_evicted_task_goes_first_where_there_is_no_room) {
  given(a_service("web").desired(2).percent(50, 100));
  const std::string name = live()[0]->metadata.name;
  world.edit<Task>(name, [](Task& o) { o.metadata.annotations.emplace("muster.dev/evicted", "2026-01-01T00:00:00Z"); });
  rest();
  EXPECT_EQ(live().size(), 2U);
  EXPECT_EQ(world.get<Task>(name)->spec.stopped_reason, "Task was asked to leave its container instance");
}

TEST_F(Replicas, pending_on_a_draining_instance_are_stopped_at_once) {
  world.add(a_service("web").desired(1));
  shell.settle();
  hosts.place(*live()[0], "i-1");
  hosts.drain("i-1");
  shell.settle();
  rest();
  ASSERT_EQ(live().size(), 1U);
  EXPECT_NE(live()[0]->spec.container_instance, "i-1");
}

TEST_F(Replicas, draining_with_one_hundred_percent_never_ends) {
  given(a_service("web").desired(4).percent(100, 100));
  hosts.drain("i-1");
  rest();
  EXPECT_EQ(live().size(), 4U);
  EXPECT_EQ(world.all<Task>().size(), 4U);
}

TEST_F(Replicas, draining_without_room_stops_down_to_the_minimum) {
  given(a_service("web").desired(4).percent(50, 100));
  hosts.drain("i-1");
  shell.settle();
  EXPECT_EQ(live().size(), 3U);
  rest();
  EXPECT_EQ(live().size(), 4U);
  for (const auto& task : live()) EXPECT_NE(task->spec.container_instance, "i-1");
}

TEST_F(Replicas, lost_tasks_are_replaced_at_once_and_not_counted) {
  given(a_service("web").desired(4).percent(100, 100));
  hosts.lose("i-0");
  shell.settle();
  EXPECT_EQ(live().size(), 5U) << "the lost one does not stand in the way";
  EXPECT_EQ(service()->status.running_count, 3);
  rest();
  EXPECT_EQ(service()->status.running_count, 4);
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
}

TEST_F(Replicas, a_lost_task_that_returns_gives_way_to_a_running_replacement) {
  given(a_service("web").desired(4));
  std::string lost;
  for (const auto& task : live()) {
    if (task->spec.container_instance == "i-0") lost = task->metadata.name;
  }
  hosts.lose("i-0");
  rest();
  hosts.come_back("i-0");
  shell.settle();
  EXPECT_TRUE(wants_stop(*world.get<Task>(lost)));
  rest();
  EXPECT_EQ(live().size(), 4U);
}

TEST_F(Replicas, a_lost_task_that_returns_stays_when_its_replacement_does_not_run_yet) {
  given(a_service("web").desired(4));
  std::string lost;
  for (const auto& task : live()) {
    if (task->spec.container_instance == "i-0") lost = task->metadata.name;
  }
  hosts.lose("i-0");
  shell.settle();
  hosts.come_back("i-0");
  rest();
  EXPECT_FALSE(wants_stop(*world.get<Task>(lost)));
  EXPECT_EQ(live().size(), 4U);
}

TEST_F(Replicas, a_longer_lost_after_of_the_service_delays_the_replacement) {
  given(a_service("web").desired(4).lost_after(seconds(30)));
  hosts.lose("i-0");
  shell.settle();
  EXPECT_EQ(live().size(), 4U) << "the lost one is still waited for";
  EXPECT_EQ(service()->status.running_count, 3);
  shell.advance(seconds(29));
  EXPECT_EQ(live().size(), 4U);
  shell.advance(seconds(1));
  EXPECT_EQ(live().size(), 5U);
}

TEST_F(Replicas, a_shorter_lost_after_of_the_service_hastens_it) {
  given(a_service("web").desired(4).lost_after(seconds(2)));
  world.edit<ContainerInstance>("i-0", [&](ContainerInstance& i) {
    i.status.connection = Connection::suspect;
    i.status.agent.connected = false;
    i.status.agent.last_heard = world.now;
  });
  shell.advance(seconds(1));
  EXPECT_EQ(live().size(), 4U);
  shell.advance(seconds(1));
  EXPECT_EQ(live().size(), 5U);
}

TEST_F(Replicas, announced_absence_is_waited_for) {
  given(a_service("web").desired(4).lost_after(seconds(2)));
  world.edit<ContainerInstance>("i-0", [&](ContainerInstance& i) {
    i.status.connection = Connection::away;
    i.status.agent.connected = false;
    i.status.agent.last_heard = world.now;
    i.status.agent.away_until = world.now + seconds(120);
  });
  shell.advance(seconds(119));
  EXPECT_EQ(live().size(), 4U);
  shell.advance(seconds(1));
  EXPECT_EQ(live().size(), 5U);
}

}  // namespace
}  // namespace muster
