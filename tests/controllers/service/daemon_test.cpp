// One task on every instance that is there: DAEMON services.
#include "controllers/service/daemon.h"

#include <gtest/gtest.h>

#include "controllers/service/service.h"
#include "tests/support/cluster.h"
#include "tests/support/shell.h"

namespace muster {
namespace {

using namespace testing;
using std::chrono::seconds;

class Daemons : public ::testing::Test {
 protected:
  Daemons() {
    world.add(a_revision("log", 1));
    world.add(a_revision("log", 2));
    world.add(a_revision("web", 1));
    shell.add(make_service_controller());
    world.add(a_service("log").definition("log:1").daemon());
    rest();
  }
  void rest() {
    for (int i = 0; i < 100; ++i) {
      shell.settle();
      const std::int64_t before = world.state.revision();
      hosts.work();
      if (world.state.revision() == before) break;
    }
  }
  // Instance -> definition of its one live task.
  std::map<std::string, std::string> live() const {
    std::map<std::string, std::string> out;
    for (const auto& task : world.all<Task>()) {
      if (is_stopped(*task) || wants_stop(*task) || task->spec.group != "service:log") continue;
      const auto [it, added] = out.emplace(task->spec.container_instance, task->spec.task_definition);
      EXPECT_TRUE(added) << "two on " << it->first;
    }
    return out;
  }
  std::shared_ptr<const Task> on(const std::string& instance) const {
    for (const auto& task : world.all<Task>()) {
      if (!is_stopped(*task) && task->spec.container_instance == instance && task->spec.group == "service:log")
        return task;
    }
    return nullptr;
  }
  std::shared_ptr<const Service> service() const { return world.get<Service>("log"); }

  World world;
  Hosts hosts{world, 3};
  Shell shell{world};
};

TEST_F(Daemons, run_once_on_every_instance) {
  EXPECT_EQ(live().size(), 3U);
  EXPECT_EQ(service()->status.desired_count, 3);
  EXPECT_EQ(service()->status.running_count, 3);
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
  const auto task = on("i-1");
  ASSERT_NE(task, nullptr);
  ASSERT_EQ(task->spec.placement_constraints.size(), 1U);
  EXPECT_EQ(task->spec.placement_constraints[0].expression, "attribute:muster.instance == i-1");
  EXPECT_EQ(task->metadata.name,
            derived_name(*world.all<TaskSet>()[0], world.get<ContainerInstance>("i-1")->metadata.uid, 0));
}

TEST_F(Daemons, follow_new_instances_of_their_cluster) {
  hosts.add("i-3");
  world.add(an_instance("other").cluster("elsewhere"));
  rest();
  EXPECT_EQ(live().size(), 4U);
  EXPECT_EQ(service()->status.desired_count, 4);
}

TEST_F(Daemons, crash_and_are_replaced_on_the_same_instance) {
  hosts.crash(on("i-1")->metadata.name);
  rest();
  EXPECT_EQ(live().size(), 3U);
  EXPECT_EQ(on("i-1")->spec.attempt, 1);
  hosts.crash(on("i-1")->metadata.name);
  rest();
  EXPECT_EQ(live().size(), 2U);
  shell.advance(seconds(1));
  rest();
  EXPECT_EQ(live().size(), 3U);
}

TEST_F(Daemons, are_rolled_out_stop_then_start) {
  shell.on_plan = [&](const Controller&, const Key&, const Plan&) {
    std::map<std::string, int> there;
    for (const auto& task : world.all<Task>()) {
      if (is_stopped(*task)) continue;
      for (const auto& each : task->spec.placement_constraints) EXPECT_LE(++there[each.expression], 1);
    }
  };
  world.edit<Service>("log", [](Service& s) { s.spec.task_definition = "log:2"; });
  rest();
  EXPECT_EQ(live(), (std::map<std::string, std::string>{{"i-0", "log:2"}, {"i-1", "log:2"}, {"i-2", "log:2"}}));
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
}

TEST_F(Daemons, keep_the_minimum_during_a_rollout) {
  world.edit<Service>("log", [](Service& s) {
    s.spec.deployment_configuration.minimum_healthy_percent = 60;
    s.spec.task_definition = "log:2";
  });
  shell.settle();
  EXPECT_EQ(live().size(), 2U) << "two of three must stay";
  rest();
  EXPECT_EQ(live().size(), 3U);
  for (const auto& [instance, definition] : live()) EXPECT_EQ(definition, "log:2");
}

TEST_F(Daemons, leave_a_draining_instance_after_the_others) {
  world.add(a_task("web-0").on("i-1").running());
  hosts.drain("i-1");
  shell.settle();
  EXPECT_FALSE(wants_stop(*on("i-1")));
  EXPECT_EQ(live().size(), 3U);
  world.edit<Task>("web-0", [](Task& t) { t.status.last_status = LastStatus::stopped; });
  rest();
  EXPECT_EQ(live().count("i-1"), 0U);
  EXPECT_EQ(service()->status.desired_count, 2);
}

TEST_F(Daemons, leave_an_instance_whose_taint_they_do_not_tolerate) {
  const auto taint = [&](TaintEffect effect) {
    world.edit<ContainerInstance>("i-1", [&](ContainerInstance& o) { o.spec.taints = {{"broken", "", effect}}; });
    rest();
  };
  taint(TaintEffect::prefer_no_schedule);
  EXPECT_EQ(live().size(), 3U);
  taint(TaintEffect::no_schedule);
  EXPECT_EQ(live().size(), 3U) << "what is there stays";
  taint(TaintEffect::no_execute);
  EXPECT_EQ(live().count("i-1"), 0U);
  EXPECT_EQ(service()->status.desired_count, 2);
  world.add(a_revision("log", 3).tolerating("broken"));
  world.edit<Service>("log", [](Service& s) { s.spec.task_definition = "log:3"; });
  rest();
  EXPECT_EQ(live().size(), 3U);
  EXPECT_EQ(live()["i-1"], "log:3");
}

TEST_F(Daemons, stay_where_the_agent_is_silent) {
  hosts.lose("i-1");
  rest();
  EXPECT_EQ(service()->status.desired_count, 2);
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
  const std::string name = on("i-1")->metadata.name;
  hosts.come_back("i-1");
  rest();
  EXPECT_EQ(on("i-1")->metadata.name, name) << "the lost one goes on";
  EXPECT_EQ(live().size(), 3U);
}

TEST_F(Daemons, on_a_suspect_or_cordoned_instance_stay_and_count) {
  world.edit<ContainerInstance>("i-0", [](ContainerInstance& i) {
    i.status.connection = Connection::suspect;
    i.status.agent.connected = false;
  });
  world.edit<ContainerInstance>("i-1", [](ContainerInstance& i) { i.spec.unschedulable = true; });
  rest();
  EXPECT_EQ(live().size(), 3U);
  EXPECT_EQ(service()->status.desired_count, 3);
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
  hosts.crash(on("i-1")->metadata.name);
  rest();
  EXPECT_EQ(service()->status.desired_count, 2) << "nothing new on a cordoned instance";
}

TEST_F(Daemons, count_only_instances_that_their_constraints_allow) {
  const auto disk = [&](const std::string& instance, const std::string& value) {
    world.edit<ContainerInstance>(instance, [&](ContainerInstance& i) { i.spec.attributes = {{"disk", value}}; });
  };
  disk("i-0", "ssd");
  disk("i-1", "ssd");
  disk("i-2", "tape");
  world.edit<Service>("log", [](Service& s) {
    s.spec.placement_constraints = {{ConstraintType::member_of, "attribute:disk == ssd"},
                                    {ConstraintType::member_of, "not task:group == service:other"}};
  });
  rest();
  EXPECT_EQ(live(), (std::map<std::string, std::string>{{"i-0", "log:1"}, {"i-1", "log:1"}}));
  EXPECT_EQ(service()->status.desired_count, 2);
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));

  disk("i-2", "ssd");
  rest();
  EXPECT_EQ(live().size(), 3U) << "an attribute changes the number of hosts";
  disk("i-0", "tape");
  shell.settle();
  for (const auto& task : world.all<Task>()) {
    if (task->spec.container_instance != "i-0" || is_stopped(*task)) continue;
    EXPECT_EQ(task->spec.stopped_reason, "Container instance does not satisfy the placement constraints");
  }
  rest();
  EXPECT_EQ(live().count("i-0"), 0U);
  EXPECT_EQ(service()->status.desired_count, 2);
}

TEST_F(Daemons, obey_the_constraints_of_their_definition) {
  world.add(a_revision("log", 3).with([](TaskDefinitionRevision& r) {
    r.spec.placement_constraints = {{ConstraintType::member_of, "attribute:muster.instance != i-1"}};
  }));
  world.edit<Service>("log", [](Service& s) { s.spec.task_definition = "log:3"; });
  rest();
  EXPECT_EQ(live(), (std::map<std::string, std::string>{{"i-0", "log:3"}, {"i-2", "log:3"}}));
  EXPECT_EQ(service()->status.desired_count, 2);
}

TEST_F(Daemons, on_an_instance_made_anew_stay_and_are_not_doubled) {
  const std::string name = world.all<ContainerInstance>().front()->metadata.name;
  const auto before = on(name);
  ASSERT_NE(before, nullptr);
  world.edit<ContainerInstance>(name, [](ContainerInstance& i) { i.metadata.uid = "made-anew"; });
  rest();
  EXPECT_EQ(live().size(), 3U);
  EXPECT_EQ(on(name)->metadata.uid, before->metadata.uid) << "its container runs on";
  EXPECT_EQ(service()->status.running_count, 3);

  // Two, as they may be found: one from before, one that was made before it was known that the first is still there.
  Task second = *before;
  second.metadata.name = "log-second";
  second.metadata.uid = "second";
  second.spec.attempt = 1;
  second.metadata.annotations["muster.dev/daemon-instance"] = "made-anew";
  world.put(std::make_shared<const Task>(std::move(second)));
  rest();
  EXPECT_EQ(live().size(), 3U);
}

TEST_F(Daemons, that_wait_for_an_instance_that_is_gone_are_given_up) {
  world.add(an_instance("i-9"));
  shell.settle();
  EXPECT_EQ(live().count(""), 1U);
  world.remove<ContainerInstance>("i-9");
  shell.settle();
  EXPECT_EQ(live().count(""), 0U);
}

}  // namespace
}  // namespace muster
