#include "controllers/garbage/garbage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/cluster.h"
#include "tests/support/shell.h"

namespace muster {
namespace {

using namespace testing;

class Garbage : public ::testing::Test {
 protected:
  Garbage() { shell.add(make_garbage_controller()); }

  // A service, its set, and so many tasks of it that run.
  void given_a_running_service(int tasks) {
    const auto service = world.add(a_service("web"));
    const auto set = world.add(a_task_set("web-1").owned_by(*service).definition("web:1"));
    for (int i = 0; i < tasks; ++i) {
      world.add(a_task(str("web-1-", i)).owned_by(*set).on("i-0").running().finalizer("muster.dev/containers"));
    }
    shell.settle();
  }
  template <class T>
  bool has(const std::string& name) const {
    return world.get<T>(name) != nullptr;
  }

  World world;
  Hosts hosts{world, 1};
  Shell shell{world};
};

TEST_F(Garbage, leaves_everything_that_has_its_owners) {
  given_a_running_service(3);
  const std::int64_t before = world.state.revision();
  shell.restart();
  shell.settle();
  EXPECT_EQ(world.state.revision(), before);
}

TEST_F(Garbage, stops_the_tasks_of_a_deleted_service_before_they_vanish) {
  given_a_running_service(2);
  world.remove<Service>("web");
  shell.settle();
  EXPECT_FALSE(has<TaskSet>("web-1"));
  ASSERT_TRUE(has<Task>("web-1-0")) << "its containers may still run";
  EXPECT_TRUE(wants_stop(*world.get<Task>("web-1-0")));
  EXPECT_EQ(world.get<Task>("web-1-0")->spec.stop_code, StopCode::service_scheduler_initiated);
  hosts.stopped("web-1-0");
  shell.settle();
  EXPECT_FALSE(has<Task>("web-1-0"));
  EXPECT_TRUE(has<Task>("web-1-1"));
  hosts.stopped("web-1-1");
  shell.settle();
  EXPECT_FALSE(has<Task>("web-1-1"));
}

TEST_F(Garbage, deletes_unplaced_tasks_of_a_deleted_owner_at_once) {
  const auto set = world.add(a_task_set("web-1"));
  world.add(a_task("a").owned_by(*set));
  world.remove<TaskSet>("web-1");
  shell.settle();
  EXPECT_FALSE(has<Task>("a"));
}

TEST_F(Garbage, goes_by_uid_not_by_name) {
  given_a_running_service(1);
  world.remove<Service>("web");
  const auto again = world.add(a_service("web"));
  const auto set = world.add(a_task_set("web-2").owned_by(*again));
  world.add(a_task("new").owned_by(*set).on("i-0").running().finalizer("muster.dev/containers"));
  shell.settle();
  EXPECT_TRUE(has<TaskSet>("web-2"));
  EXPECT_FALSE(wants_stop(*world.get<Task>("new")));
  EXPECT_FALSE(has<TaskSet>("web-1"));
  EXPECT_TRUE(wants_stop(*world.get<Task>("web-1-0")));
}

TEST_F(Garbage, finds_what_was_left_behind_when_it_starts) {
  given_a_running_service(1);
  world.remove<Service>("web");
  world.take_changes();
  shell.restart();
  shell.settle();
  EXPECT_FALSE(has<TaskSet>("web-1"));
  hosts.stopped("web-1-0");
  shell.settle();
  EXPECT_FALSE(has<Task>("web-1-0"));
}

TEST_F(Garbage, collects_what_is_created_with_a_dead_owner) {
  const TaskSet ghost = a_task_set("ghost").uid("dead").object();
  world.add(a_task("a").owned_by(ghost));
  shell.settle();
  EXPECT_FALSE(has<Task>("a"));
}

TEST_F(Garbage, keeps_what_has_another_owner_and_drops_the_dead_reference) {
  const auto one = world.add(a_service("one"));
  const auto two = world.add(a_service("two"));
  world.add(a_task("a").owned_by(*one).also_owned_by(*two));
  world.add(a_task("b").also_owned_by(*one));
  shell.settle();
  world.remove<Service>("one");
  shell.settle();
  ASSERT_TRUE(has<Task>("a"));
  ASSERT_EQ(world.get<Task>("a")->metadata.owner_references.size(), 1U);
  EXPECT_EQ(world.get<Task>("a")->metadata.owner_references[0].name, "two");
  EXPECT_FALSE(has<Task>("b")) << "found without an index";
  world.remove<Service>("two");
  shell.settle();
  EXPECT_FALSE(has<Task>("a"));
}

TEST_F(Garbage, leaves_owners_of_unknown_kinds_alone) {
  world.add(a_task("a").with([](Task& t) {
    OwnerReference owner;
    owner.api_version = "example.com/v1";
    owner.kind = "Widget";
    owner.name = "w";
    owner.uid = "u";
    owner.controller = true;
    t.metadata.owner_references.push_back(owner);
  }));
  shell.settle();
  EXPECT_TRUE(has<Task>("a"));
}

TEST_F(Garbage, collects_many_dependents_in_batches) {
  const auto set = world.add(a_task_set("web-1"));
  for (int i = 0; i < 2500; ++i) world.add(a_task(str("t", i)).owned_by(*set));
  shell.settle();
  world.remove<TaskSet>("web-1");
  shell.settle();
  EXPECT_TRUE(world.all<Task>().empty());
  EXPECT_LT(shell.plans, 200U);
}

TEST_F(Garbage, foreground_deletion_keeps_the_owner_until_all_are_gone) {
  const auto service = world.add(a_service("web").finalizer("foregroundDeletion"));
  const auto set = world.add(a_task_set("web-1").owned_by(*service));
  world.add(a_task("a").owned_by(*set).on("i-0").running().finalizer("muster.dev/containers"));
  shell.settle();
  world.remove<Service>("web");
  shell.settle();
  EXPECT_TRUE(has<Service>("web"));
  EXPECT_TRUE(has<TaskSet>("web-1")) << "the set waits for its task";
  EXPECT_TRUE(wants_stop(*world.get<Task>("a")));
  hosts.stopped("a");
  shell.settle();
  EXPECT_FALSE(has<Task>("a"));
  EXPECT_FALSE(has<TaskSet>("web-1"));
  EXPECT_FALSE(has<Service>("web"));
}

TEST_F(Garbage, orphaning_lets_the_dependents_live) {
  const auto service = world.add(a_service("web").finalizer("orphan"));
  world.add(a_task_set("web-1").owned_by(*service));
  shell.settle();
  world.remove<Service>("web");
  shell.settle();
  EXPECT_FALSE(has<Service>("web"));
  ASSERT_TRUE(has<TaskSet>("web-1"));
  EXPECT_TRUE(world.get<TaskSet>("web-1")->metadata.owner_references.empty());
}

TEST_F(Garbage, a_deleted_task_is_stopped_first) {
  world.add(a_task("a").on("i-0").running().finalizer("muster.dev/containers"));
  world.remove<Task>("a");
  shell.settle();
  ASSERT_TRUE(has<Task>("a"));
  EXPECT_TRUE(wants_stop(*world.get<Task>("a")));
  EXPECT_EQ(world.get<Task>("a")->spec.stop_code, StopCode::user_initiated);
  hosts.stopped("a");
  shell.settle();
  EXPECT_FALSE(has<Task>("a"));
}

TEST_F(Garbage, a_deleted_task_goes_with_its_instance) {
  world.add(a_task("a").on("i-0").running().finalizer("muster.dev/containers"));
  world.remove<Task>("a");
  shell.settle();
  EXPECT_TRUE(has<Task>("a"));
  world.remove<ContainerInstance>("i-0");
  shell.settle();
  EXPECT_FALSE(has<Task>("a"));
}

TEST_F(Garbage, other_finalizers_are_not_its_business) {
  world.add(
      a_task("a").on("i-0").stopped(StopCode::none).finalizer("muster.dev/containers").finalizer("example.com/mine"));
  world.remove<Task>("a");
  shell.settle();
  ASSERT_TRUE(has<Task>("a"));
  EXPECT_THAT(world.get<Task>("a")->metadata.finalizers, ::testing::ElementsAre("example.com/mine"));
}

TEST_F(Garbage, empties_a_namespace_before_it_goes) {
  world.add(a_namespace("shop").finalizer("kubernetes").with([](Namespace& n) { n.spec.finalizers = {"kubernetes"}; }));
  world.add(a_service("web").in("shop"));
  world.add(a_task("a").in("shop").on("i-0").running().finalizer("muster.dev/containers"));
  world.add(a_service("web"));
  world.remove(world.state.find(kind_of<Namespace>(), "", "shop"));
  shell.settle();
  const auto ns = world.state.get<Namespace>("", "shop");
  ASSERT_NE(ns, nullptr);
  EXPECT_EQ(ns->status.phase, "Terminating");
  EXPECT_EQ(world.state.get<Service>("shop", "web"), nullptr);
  ASSERT_NE(world.state.get<Task>("shop", "a"), nullptr);
  const Condition* content = find_condition(ns->status.conditions, "NamespaceContentRemaining");
  ASSERT_NE(content, nullptr);
  EXPECT_EQ(content->status, "True");
  EXPECT_EQ(content->message, "Some resources are remaining: tasks.muster.dev has 1 resource instances");
  const Condition* finalizers = find_condition(ns->status.conditions, "NamespaceFinalizersRemaining");
  ASSERT_NE(finalizers, nullptr);
  EXPECT_EQ(finalizers->message,
            "Some content in the namespace has finalizers remaining: muster.dev/containers in 1 resource instances");
  EXPECT_FALSE(is_true(ns->status.conditions, "NamespaceDeletionContentFailure"));
  world.edit<Task>(
      "a", [](Task& t) { t.status.last_status = LastStatus::stopped; }, "shop");
  shell.settle();
  EXPECT_EQ(world.state.get<Task>("shop", "a"), nullptr);
  EXPECT_EQ(world.state.get<Namespace>("", "shop"), nullptr);
  EXPECT_TRUE(has<Service>("web")) << "other namespaces are not touched";
}

TEST_F(Garbage, a_namespace_waits_for_finalizers_of_others) {
  world.add(a_namespace("shop").finalizer("kubernetes").with([](Namespace& n) { n.spec.finalizers = {"kubernetes"}; }));
  world.add(a_service("web").in("shop").finalizer("example.com/mine"));
  world.remove(world.state.find(kind_of<Namespace>(), "", "shop"));
  shell.settle();
  ASSERT_NE(world.state.get<Service>("shop", "web"), nullptr);
  EXPECT_TRUE(world.state.get<Service>("shop", "web")->metadata.deleting());
  const auto ns = world.state.get<Namespace>("", "shop");
  ASSERT_NE(ns, nullptr);
  EXPECT_TRUE(is_true(ns->status.conditions, "NamespaceFinalizersRemaining"));
  const std::int64_t before = world.state.revision();
  shell.restart();
  shell.settle();
  EXPECT_EQ(world.state.revision(), before) << "what has been said is not said again";
  world.edit<Service>(
      "web", [](Service& s) { s.metadata.finalizers.clear(); }, "shop");
  world.remove<Service>("web", "shop");
  shell.settle();
  EXPECT_EQ(world.state.get<Namespace>("", "shop"), nullptr);
}

TEST_F(Garbage, a_namespace_tells_of_thousands_of_tasks_a_few_times) {
  world.add(a_namespace("shop").finalizer("kubernetes").with([](Namespace& n) { n.spec.finalizers = {"kubernetes"}; }));
  for (int i = 0; i < 100; ++i) world.add(a_service(str("s", i)).in("shop").finalizer("example.com/mine"));
  world.remove(world.state.find(kind_of<Namespace>(), "", "shop"));
  shell.settle();
  std::set<std::string> messages;
  for (int i = 0; i < 100; ++i) {
    const auto ns = world.state.get<Namespace>("", "shop");
    ASSERT_NE(ns, nullptr);
    messages.insert(find_condition(ns->status.conditions, "NamespaceContentRemaining")->message);
    world.edit<Service>(
        str("s", i), [](Service& s) { s.metadata.finalizers.clear(); }, "shop");
    world.remove<Service>(str("s", i), "shop");
    shell.settle();
  }
  EXPECT_EQ(world.state.get<Namespace>("", "shop"), nullptr);
  EXPECT_THAT(messages, ::testing::Contains(
                            "Some resources are remaining: services.muster.dev has more than 90 resource instances"));
  EXPECT_THAT(messages,
              ::testing::Contains("Some resources are remaining: services.muster.dev has 3 resource instances"));
  EXPECT_LE(messages.size(), 20U);
}

TEST_F(Garbage, inactive_revisions_go_when_nothing_refers_to_them) {
  world.add(a_revision("web", 1).inactive());
  world.add(a_revision("web", 2).inactive());
  world.add(a_revision("web", 3).inactive());
  world.add(a_task_set("s").definition("web:1"));
  world.add(a_task("t").definition("web:2"));
  shell.settle();
  EXPECT_TRUE(has<TaskDefinitionRevision>("web:1"));
  EXPECT_TRUE(has<TaskDefinitionRevision>("web:2"));
  world.remove<TaskSet>("s");
  world.remove<Task>("t");
  shell.settle();
  EXPECT_FALSE(has<TaskDefinitionRevision>("web:1"));
  EXPECT_FALSE(has<TaskDefinitionRevision>("web:2"));
  EXPECT_TRUE(has<TaskDefinitionRevision>("web:3")) << "the family's counter";
  world.add(a_revision("web", 4));
  shell.settle();
  EXPECT_FALSE(has<TaskDefinitionRevision>("web:3"));
}

TEST_F(Garbage, active_revisions_stay_and_pins_hold) {
  world.add(a_revision("web", 1));
  world.add(a_revision("web", 2).inactive());
  world.add(a_revision("web", 3).inactive());
  world.add(a_revision("web", 4));
  world.add(a_service("pinned").definition("web:2"));
  world.add(a_task_run("run").definition("web").with([](TaskRun& r) { r.status.task_definition = "web:3"; }));
  shell.settle();
  EXPECT_EQ(world.all<TaskDefinitionRevision>().size(), 4U);
  world.edit<Service>("pinned", [](Service& s) { s.spec.task_definition = "web:4"; });
  world.remove<TaskRun>("run");
  shell.settle();
  EXPECT_EQ(world.all<TaskDefinitionRevision>().size(), 2U);
}

}  // namespace
}  // namespace muster
