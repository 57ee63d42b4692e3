// Where tasks go: each filter, each strategy, what a binding writes, and what becomes of tasks that are withdrawn.
#include <set>

#include "controllers/base/naming.h"
#include "tests/controllers/scheduler/scheduling.h"

namespace muster {
namespace {

using testing::a_revision;
using testing::a_service;
using testing::a_task;
using testing::a_task_run;
using testing::a_task_set;
using testing::an_instance;
using testing::t0;
using PlacementTest = testing::Scheduling;

TEST_F(PlacementTest, binds_and_makes_pending_in_one_batch) {
  world.add(a_revision("web", 1));
  world.add(an_instance("n1"));
  world.add(a_task("x").group("service:web"));
  observe();
  const Plan made = plan();
  ASSERT_EQ(made.actions.size(), 2U);
  ASSERT_FALSE(world.apply(made).conflict);
  const auto task = world.get<Task>("x");
  EXPECT_EQ(task->spec.container_instance, "n1");
  EXPECT_EQ(task->status.last_status, LastStatus::pending);
  EXPECT_EQ(task->status.created_at, world.now);
  EXPECT_EQ(task->metadata.finalizers, std::vector<std::string>{std::string(finalizers::containers)});
  EXPECT_TRUE(is_true(task->status.conditions, "Placed"));
}

TEST_F(PlacementTest, planning_again_without_a_commit_decides_the_same) {
  world.add(a_revision("web", 1));
  for (const char* name : {"n1", "n2", "n3"}) world.add(an_instance(name));
  tasks("web", 7);
  observe();
  seed = 5;
  const auto first = hash_of(plan());
  seed = 5;
  EXPECT_EQ(hash_of(plan()), first);
}

struct Refused {
  const char* name;
  std::function<void(an_instance&)> edit;
  const char* message;
};
class RefusalTest : public testing::Scheduling, public ::testing::WithParamInterface<Refused> {};

TEST_P(RefusalTest, says_why) {
  world.add(a_revision("web", 1).cpu(1024).memory(512).host_port(80).member_of("attribute:zone in [a, b]"));
  an_instance instance("n1");
  instance.attribute("zone", "a");
  GetParam().edit(instance);
  world.add(instance);
  tasks("web", 1);
  settle();
  EXPECT_EQ(where("web-000"), "");
  EXPECT_EQ(refusal("web-000"), std::string("0/1 instances: 1 ") + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    filters, RefusalTest,
    ::testing::Values(
        Refused{"draining", [](an_instance& i) { i.draining(); }, "draining"},
        Refused{"cordoned", [](an_instance& i) { i.unschedulable(); }, "unschedulable"},
        Refused{"lost", [](an_instance& i) { i.connection(Connection::lost); }, "lost"},
        Refused{"suspect", [](an_instance& i) { i.connection(Connection::suspect); }, "suspect"},
        Refused{"away", [](an_instance& i) { i.connection(Connection::away); }, "away"},
        Refused{"returning", [](an_instance& i) { i.connection(Connection::returning); }, "returning"},
        Refused{"facts_before_the_verdict",
                [](an_instance& i) { i.with([](ContainerInstance& o) { o.status.agent.connected = false; }); },
                "suspect"},
        Refused{"first_report_is_missing",
                [](an_instance& i) { i.with([](ContainerInstance& o) { o.status.agent.synced = false; }); },
                "returning"},
        Refused{"tainted", [](an_instance& i) { i.taint("dedicated", "db", TaintEffect::no_schedule); },
                "tainted dedicated=db"},
        Refused{"no_attribute",
                [](an_instance& i) { i.with([](ContainerInstance& o) { o.status.attributes.clear(); }); },
                "missing attribute zone"},
        Refused{"other_attribute",
                [](an_instance& i) {
                  i.with([](ContainerInstance& o) { o.status.attributes = {Attribute{"zone", "c"}}; });
                },
                "not matching attribute:zone in [a, b]"},
        Refused{"cpu", [](an_instance& i) { i.cpu(1000); }, "insufficient cpu"},
        Refused{"memory", [](an_instance& i) { i.memory(500); }, "insufficient memory"},
        Refused{"reserved_port", [](an_instance& i) { i.reserved_port(80); }, "port 80/tcp in use"}),
    [](const auto& row) { return row.param.name; });

TEST_F(PlacementTest, a_soft_taint_refuses_nobody) {
  world.add(a_revision("web", 1));
  world.add(an_instance("n1").taint("a", "b", TaintEffect::prefer_no_schedule));
  tasks("web", 1);
  settle();
  EXPECT_EQ(where("web-000"), "n1");
}

TEST_F(PlacementTest, a_soft_taint_sends_tasks_elsewhere_while_there_is_room) {
  world.add(a_revision("web", 1).cpu(1000));
  world.add(an_instance("n1").cpu(4096).taint("a", "b", TaintEffect::prefer_no_schedule));
  world.add(an_instance("n2").cpu(2048));
  tasks("web", 5);
  settle();
  EXPECT_EQ(tasks_per_instance()["n2"], 2);
  EXPECT_EQ(tasks_per_instance()["n1"], 3);
}

TEST_F(PlacementTest, who_tolerates_a_taint_is_placed) {
  world.add(a_revision("web", 1).tolerating("dedicated"));
  world.add(an_instance("n1")
                .taint("dedicated", "db", TaintEffect::no_schedule)
                .taint("dedicated", "db", TaintEffect::no_execute));
  tasks("web", 1);
  settle();
  EXPECT_EQ(where("web-000"), "n1");
}

TEST_F(PlacementTest, each_taint_must_be_tolerated) {
  world.add(a_revision("web", 1).tolerating("dedicated"));
  world.add(an_instance("n1")
                .taint("dedicated", "db", TaintEffect::no_schedule)
                .taint("broken", "", TaintEffect::no_execute));
  tasks("web", 1);
  settle();
  EXPECT_EQ(refusal("web-000"), "0/1 instances: 1 tainted broken");
  world.edit<ContainerInstance>("n1", [](ContainerInstance& o) { o.spec.taints.pop_back(); });
  settle();
  EXPECT_EQ(where("web-000"), "n1");
}

TEST_F(PlacementTest, custom_attributes_are_attributes_too) {
  world.add(a_revision("web", 1).member_of("attribute:disk == ssd and attribute:muster.instance =~ n.*"));
  world.add(an_instance("n1"));
  world.add(an_instance("n2").with([](ContainerInstance& o) { o.spec.attributes = {Attribute{"disk", "ssd"}}; }));
  tasks("web", 2);
  settle();
  EXPECT_EQ(where("web-000"), "n2");
  EXPECT_EQ(where("web-001"), "n2");
}

TEST_F(PlacementTest, counts_the_reasons) {
  world.add(a_revision("web", 1).memory(4096).member_of("attribute:zone exists"));
  for (int i = 0; i < 7; ++i) world.add(an_instance(str("a", i)).attribute("zone", "x").memory(1024));
  for (int i = 0; i < 5; ++i) world.add(an_instance(str("b", i)));
  tasks("web", 1);
  settle();
  EXPECT_EQ(refusal("web-000"), "0/12 instances: 7 insufficient memory, 5 missing attribute zone");
}

TEST_F(PlacementTest, never_gives_more_than_there_is) {
  world.add(a_revision("web", 1).cpu(1000).memory(100));
  world.add(an_instance("n1").cpu(4096));
  tasks("web", 10);
  settle();
  EXPECT_EQ(tasks_per_instance()["n1"], 4);
  EXPECT_EQ(tasks_per_instance()[""], 6);
  EXPECT_EQ(refusal("web-009"), "0/1 instances: 1 insufficient cpu");
}

TEST_F(PlacementTest, a_host_port_is_given_once) {
  world.add(a_revision("web", 1).host_port(8080));
  for (const char* name : {"n1", "n2"}) world.add(an_instance(name));
  tasks("web", 3);
  settle();
  EXPECT_EQ(where("web-000"), "n1");
  EXPECT_EQ(where("web-001"), "n2");
  EXPECT_EQ(refusal("web-002"), "0/2 instances: 2 port 8080/tcp in use");
}

TEST_F(PlacementTest, overrides_change_what_is_needed) {
  world.add(a_revision("web", 1).memory(64));
  world.add(an_instance("n1").memory(1024));
  tasks("web", 2, [](a_task& t) {
    t.with([](Task& o) {
      ContainerOverride each;
      each.name = "main";
      each.memory = 600;
      o.spec.overrides.container_overrides.push_back(each);
    });
  });
  settle();
  EXPECT_EQ(where("web-000"), "n1");
  EXPECT_EQ(refusal("web-001"), "0/1 instances: 1 insufficient memory");
}

TEST_F(PlacementTest, without_a_strategy_spreads_over_zones_then_instances) {
  world.add(a_revision("web", 1));
  for (const char* name : {"a1", "a2", "a3"}) world.add(an_instance(name).attribute("ecs.availability-zone", "a"));
  world.add(an_instance("b1").attribute("ecs.availability-zone", "b"));
  tasks("web", 6);
  settle();
  EXPECT_EQ(tasks_per_instance(), (std::map<std::string, int>{{"a1", 1}, {"a2", 1}, {"a3", 1}, {"b1", 3}}));
}

TEST_F(PlacementTest, the_groups_tasks_count_and_no_others) {
  world.add(a_revision("web", 1));
  for (const char* name : {"n1", "n2"}) world.add(an_instance(name));
  world.add(a_task("web-old").group("service:web").on("n1").running());
  for (int i = 0; i < 5; ++i) world.add(a_task(str("other-", i)).group("service:other").on("n2").running());
  world.add(a_task("leaving").group("service:web").on("n2").running().asked_to_stop());
  world.add(a_task("lost").group("service:web").on("n2").running().lost());
  tasks("web", 1);
  settle();
  EXPECT_EQ(where("web-000"), "n2");
}

TEST_F(PlacementTest, binpack_takes_the_least_that_still_fits) {
  world.add(a_revision("web", 1).memory(512).cpu(1));
  world.add(an_instance("big").memory(8192));
  world.add(an_instance("small").memory(400));
  world.add(an_instance("middle").memory(1100));
  tasks("web", 3, [](a_task& t) { t.strategy(StrategyType::binpack, "memory"); });
  settle();
  EXPECT_EQ(where("web-000"), "middle");
  EXPECT_EQ(where("web-001"), "middle");
  EXPECT_EQ(where("web-002"), "big");
}

TEST_F(PlacementTest, strategies_are_asked_in_order) {
  world.add(a_revision("web", 1).cpu(100).memory(1));
  for (const char* zone : {"a", "b"}) {
    world.add(an_instance(str(zone, "-full")).attribute("ecs.availability-zone", zone).cpu(250));
    world.add(an_instance(str(zone, "-wide")).attribute("ecs.availability-zone", zone).cpu(4096));
  }
  tasks("web", 6, [](a_task& t) {
    t.strategy(StrategyType::spread, "attribute:ecs.availability-zone").strategy(StrategyType::binpack, "CPU");
  });
  settle();
  EXPECT_EQ(tasks_per_instance(),
            (std::map<std::string, int>{{"a-full", 2}, {"a-wide", 1}, {"b-full", 2}, {"b-wide", 1}}));
}

TEST_F(PlacementTest, spreads_over_nested_attributes) {
  world.add(a_revision("web", 1));
  for (const char* zone : {"a", "b"}) {
    for (const char* rack : {"1", "2"}) {
      world.add(an_instance(str(zone, rack)).attribute("zone", zone).attribute("rack", rack));
    }
  }
  world.add(an_instance("a3").attribute("zone", "a").attribute("rack", "2"));
  tasks("web", 8, [](a_task& t) {
    t.strategy(StrategyType::spread, "attribute:zone").strategy(StrategyType::spread, "attribute:rack");
  });
  settle();
  EXPECT_EQ(tasks_per_instance(), (std::map<std::string, int>{{"a1", 2}, {"a2", 1}, {"a3", 1}, {"b1", 2}, {"b2", 2}}));
}

TEST_F(PlacementTest, random_reaches_all_and_only_follows_the_seed) {
  world.add(a_revision("web", 1).cpu(1).memory(1));
  for (int i = 0; i < 5; ++i) world.add(an_instance(str("n", i)));
  world.add(an_instance("full").cpu(0));
  tasks("web", 200, [](a_task& t) { t.strategy(StrategyType::random); });
  settle();
  const auto counts = tasks_per_instance();
  ASSERT_EQ(counts.size(), 5U);
  for (const auto& [name, count] : counts) EXPECT_GT(count, 15) << name;
}

TEST_F(PlacementTest, random_among_what_a_strategy_holds_equal) {
  world.add(a_revision("web", 1).cpu(1).memory(1));
  for (int i = 0; i < 3; ++i) {
    world.add(an_instance(str("a", i)).attribute("zone", "a"));
    world.add(an_instance(str("b", i)).attribute("zone", "b"));
  }
  tasks("web", 120,
        [](a_task& t) { t.strategy(StrategyType::spread, "attribute:zone").strategy(StrategyType::random); });
  settle();
  const auto counts = tasks_per_instance();
  EXPECT_EQ(counts.at("a0") + counts.at("a1") + counts.at("a2"), 60);
  for (const auto& [name, count] : counts) EXPECT_GT(count, 5) << name;
}

TEST_F(PlacementTest, distinct_instances) {
  world.add(a_revision("web", 1));
  for (const char* name : {"n1", "n2"}) world.add(an_instance(name));
  world.add(a_task("old").group("service:web").on("n1").running().asked_to_stop());
  tasks("web", 2, [](a_task& t) { t.distinct_instance(); });
  settle();
  EXPECT_EQ(where("web-000"), "n2");
  EXPECT_EQ(refusal("web-001"), "0/2 instances: 2 already with a task of the group");
}

TEST_F(PlacementTest, affinity_and_anti_affinity_to_groups) {
  world.add(a_revision("web", 1));
  for (const char* name : {"n1", "n2", "n3"}) world.add(an_instance(name));
  world.add(a_task("db").group("service:db").on("n2").running());
  world.add(a_task("foreign").in("other").group("service:web").on("n3").running());
  tasks("near", 2, [](a_task& t) { t.member_of("task:group == service:db"); });
  tasks("far", 2, [](a_task& t) { t.member_of("not(task:group in [service:db, service:far])"); });
  tasks("web", 1, [](a_task& t) { t.member_of("task:group == service:web"); });
  settle();
  EXPECT_EQ(where("near-000"), "n2");
  EXPECT_EQ(where("near-001"), "n2");
  EXPECT_NE(where("far-000"), where("far-001"));
  EXPECT_NE(where("far-000"), "n2");
  EXPECT_NE(where("far-001"), "n2");
  EXPECT_EQ(where("web-000"), "") << "groups of other namespaces do not count";
}

TEST_F(PlacementTest, an_arriving_task_lets_in_those_that_wait_for_its_company) {
  world.add(a_revision("web", 1));
  for (const char* name : {"n1", "n2"}) world.add(an_instance(name));
  tasks("near", 1, [](a_task& t) { t.member_of("task:group == service:db"); });
  settle();
  EXPECT_EQ(where("near-000"), "");
  world.add(a_task("db").group("service:db").on("n2").running());
  settle();
  EXPECT_EQ(where("near-000"), "n2");
}

TEST_F(PlacementTest, owners_speak_for_their_tasks) {
  world.add(a_revision("web", 1).member_of("attribute:disk == ssd"));
  world.add(an_instance("n1").attribute("disk", "ssd"));
  world.add(an_instance("n2").attribute("disk", "ssd").attribute("zone", "b"));
  world.add(an_instance("n3").attribute("zone", "b"));
  const auto set = world.add(a_task_set("web-1").service("web").member_of("attribute:zone == b"));
  const auto run = world.add(a_task_run("batch").with([](TaskRun& o) {
    o.spec.placement_constraints.push_back(PlacementConstraint{ConstraintType::member_of, "attribute:zone !exists"});
  }));
  tasks("web", 2, [&](a_task& t) { t.owned_by(*set); });
  tasks("batch", 1, [&](a_task& t) { t.owned_by(*run); });
  settle();
  EXPECT_EQ(where("web-000"), "n2");
  EXPECT_EQ(where("web-001"), "n2");
  EXPECT_EQ(where("batch-000"), "n1");
}

TEST_F(PlacementTest, a_daemons_task_goes_to_the_instance_it_names) {
  world.add(a_revision("web", 1).cpu(4000));
  for (const char* name : {"n1", "n2", "n3"}) world.add(an_instance(name));
  const auto set = world.add(a_task_set("d-1").service("d"));
  for (const char* name : {"n1", "n2", "n3", "n4"}) {
    world.add(a_task(str("d-", name))
                  .group("service:d")
                  .owned_by(*set)
                  .member_of(str("attribute:muster.instance == ", name)));
  }
  world.add(a_task("again").group("service:d").owned_by(*set).member_of("attribute:muster.instance == n2"));
  settle();
  for (const char* name : {"n1", "n2", "n3"}) {
    EXPECT_EQ(where(str("d-", name)) == name || std::string(name) == "n2", true) << name;
  }
  EXPECT_EQ(refusal("d-n4"), "0/3 instances: 3 not the instance asked for, n4");
  EXPECT_EQ(refusal(where("again").empty() ? "again" : "d-n2"),
            "0/3 instances: 2 not the instance asked for, n2, 1 insufficient cpu");
}

TEST_F(PlacementTest, a_task_without_its_definition_waits_for_it) {
  world.add(an_instance("n1"));
  tasks("web", 1);
  settle();
  EXPECT_EQ(refusal("web-000"), "task definition web:1 does not exist");
  world.add(a_revision("web", 1));
  settle();
  EXPECT_EQ(where("web-000"), "n1");
}

TEST_F(PlacementTest, a_task_whose_owner_is_gone_is_not_placed) {
  world.add(a_revision("web", 1));
  world.add(an_instance("n1"));
  const auto set = world.add(a_task_set("web-1").member_of("attribute:zone == b"));
  world.remove(set);
  tasks("web", 1, [&](a_task& t) { t.owned_by(*set); });
  settle();
  EXPECT_EQ(refusal("web-000"), "its TaskSet web-1 does not exist");
}

TEST_F(PlacementTest, a_broken_expression_is_named) {
  world.add(a_revision("web", 1));
  world.add(an_instance("n1"));
  tasks("web", 1, [](a_task& t) { t.member_of("attribute:a = b"); });
  settle();
  EXPECT_EQ(refusal("web-000"), "placement constraint of the task: a single = (equality is ==) at position 13");
}

TEST_F(PlacementTest, withdrawn_tasks_are_stopped) {
  world.add(a_revision("web", 1));
  world.add(an_instance("n1"));
  world.add(a_task("asked").with([](Task& o) {
    o.spec.desired_status = DesiredStatus::stopped;
    o.spec.stop_code = StopCode::service_scheduler_initiated;
    o.spec.stopped_reason = "Scaling activity";
  }));
  world.add(a_task("deleted").finalizer("keep").deleting(t0));
  settle();
  EXPECT_EQ(where("asked"), "");
  const auto asked = world.get<Task>("asked")->status;
  EXPECT_EQ(asked.last_status, LastStatus::stopped);
  EXPECT_EQ(asked.stop_code, StopCode::service_scheduler_initiated);
  EXPECT_EQ(asked.stopped_reason, "Scaling activity");
  EXPECT_EQ(asked.stopped_at, world.now);
  EXPECT_EQ(world.get<Task>("deleted")->status.last_status, LastStatus::stopped);
}

TEST_F(PlacementTest, clusters_do_not_mix) {
  world.add(a_revision("web", 1));
  world.add(an_instance("n1").cluster("one"));
  world.add(an_instance("n2").cluster("two"));
  world.add(a_task("x").group("service:web").cluster("two"));
  settle();
  EXPECT_EQ(where("x"), "n2");
}

TEST_F(PlacementTest, large_sets_are_placed_in_several_plans) {
  world.add(a_revision("web", 1).cpu(1).memory(1));
  for (int i = 0; i < 20; ++i) world.add(an_instance(str("n", i)));
  for (const char* service : {"a", "b", "c"}) tasks(service, 700);
  settle();
  EXPECT_EQ(tasks_per_instance().count(""), 0U);
  EXPECT_GE(plans, 5U);
  EXPECT_LE(plans, 8U);
}

TEST_F(PlacementTest, a_service_hears_it_once) {
  world.add(a_revision("web", 1));
  const auto service = world.add(a_service("web"));
  const auto set = world.add(a_task_set("web-1").service("web"));
  tasks("web", 5, [&](a_task& t) { t.owned_by(*set); });
  settle();
  ASSERT_EQ(world.notes.size(), 1U);
  EXPECT_EQ(world.notes[0].reason, "FailedPlacement");
  EXPECT_EQ(world.notes[0].regarding->metadata.uid, service->metadata.uid);
  EXPECT_EQ(
      world.notes[0].message,
      "(service web) was unable to place a task because no container instance met all of its requirements. Reason: No "
      "Container Instances were found in your cluster.");
  EXPECT_EQ(refusal("web-004"), "0/0 instances: the cluster has no container instances");
}

// Thousands of tasks must not be written each time an instance comes or goes.
TEST_F(PlacementTest, many_tasks_are_told_new_reasons_at_intervals) {
  world.add(a_revision("web", 1).memory(100'000));
  for (const char* name : {"i-0", "i-1", "i-2"}) world.add(an_instance(name));
  tasks("web", 100);
  settle();
  const std::string first = refusal("web-000");
  EXPECT_EQ(first, "0/3 instances: 3 insufficient memory");
  const auto flap = [&](Connection connection) {
    world.edit<ContainerInstance>("i-1", [&](ContainerInstance& i) { i.status.connection = connection; });
    settle();
  };
  const std::int64_t before = world.state.revision();
  for (int i = 0; i < 20; ++i) {
    world.now += std::chrono::milliseconds(100);
    flap(i % 2 == 0 ? Connection::suspect : Connection::connected);
  }
  EXPECT_EQ(world.state.revision(), before + 20) << "nothing but the instance was written";
  EXPECT_EQ(refusal("web-099"), first);

  flap(Connection::suspect);
  const Plan waiting = plan();
  ASSERT_TRUE(waiting.requeue_after.has_value());
  EXPECT_TRUE(waiting.actions.empty());
  world.now += *waiting.requeue_after;
  world.apply(plan());
  settle();
  EXPECT_EQ(refusal("web-000"), "0/3 instances: 2 insufficient memory, 1 suspect");
  EXPECT_EQ(refusal("web-099"), refusal("web-000"));
  EXPECT_FALSE(plan().requeue_after.has_value()) << "at rest";
}

TEST_F(PlacementTest, few_tasks_are_told_at_once) {
  world.add(a_revision("web", 1).memory(100'000));
  for (const char* name : {"i-0", "i-1"}) world.add(an_instance(name));
  tasks("web", 3);
  settle();
  world.edit<ContainerInstance>("i-1", [&](ContainerInstance& i) { i.status.connection = Connection::suspect; });
  settle();
  EXPECT_EQ(refusal("web-002"), "0/2 instances: 1 insufficient memory, 1 suspect");
}

TEST_F(PlacementTest, gpus_are_counted) {
  world.add(a_revision("web", 1).gpus("2"));
  world.add(an_instance("n0"));
  world.add(an_instance("n1").gpus({"a", "b", "c"}));
  tasks("web", 2);
  settle();
  EXPECT_EQ(where("web-000"), "n1");
  EXPECT_EQ(where("web-001"), "");
  EXPECT_EQ(refusal("web-001"), "0/2 instances: 2 insufficient gpus");
  world.edit<Task>("web-000", [](Task& task) { task.status.last_status = LastStatus::stopped; });
  settle();
  EXPECT_EQ(where("web-001"), "n1") << "given back when the task has stopped";
}

TEST_F(PlacementTest, an_override_asks_for_other_gpus) {
  world.add(a_revision("web", 1).gpus("1"));
  world.add(an_instance("n1").gpus({"a", "b"}));
  world.add(a_task("x").group("service:web").with([](Task& task) {
    ContainerOverride& changed = task.spec.overrides.container_overrides.emplace_back();
    changed.name = "main";
    changed.resource_requirements = {{ResourceType::gpu, "3"}};
  }));
  world.add(a_task("y").group("service:web"));
  settle();
  EXPECT_EQ(where("x"), "");
  EXPECT_EQ(where("y"), "n1");
}

}  // namespace
}  // namespace muster
