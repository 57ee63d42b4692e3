// Instance by instance: what refuses a task, and by how much; what would be needed; where it would go.
#include "controllers/scheduler/why.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/support/world.h"

namespace muster::scheduler {
namespace {

using testing::a_revision;
using testing::a_task;
using testing::an_instance;

TEST(Why, names_the_filter_and_the_numbers) {
  testing::World world;
  world.add(a_revision("web", 1).cpu(1000).memory(2000).host_port(80).member_of("attribute:disk == ssd"));
  world.add(a_revision("filler", 1).cpu(1).memory(7000));
  world.add(an_instance("a-fits").attribute("disk", "ssd"));
  world.add(an_instance("b-full").attribute("disk", "ssd"));
  world.add(an_instance("c-slow").attribute("disk", "ssd").cpu(500));
  world.add(an_instance("d-no-disk"));
  world.add(an_instance("e-port").attribute("disk", "ssd").reserved_port(80));
  world.add(an_instance("f-gone").attribute("disk", "ssd").connection(Connection::suspect));
  world.add(an_instance("g-other").cluster("other"));
  world.add(a_task("filler").definition("filler:1").on("b-full").running());
  const Answer answer = why(world.state, *world.add(a_task("x").group("family:web")));
  EXPECT_EQ(answer.asked, "1000 cpu units, 2000 MiB, port 80/tcp; attribute:disk == ssd");
  const std::vector<std::array<std::string, 4>> expected = {
      {"a-fits", "", "", ""},
      {"b-full", "memory", "insufficient memory", "needs 2000 MiB, 1192 of 8192 MiB are free"},
      {"c-slow", "cpu", "insufficient cpu", "needs 1000 cpu units, 500 of 500 are free"},
      {"d-no-disk", "attributes", "missing attribute disk", ""},
      {"e-port", "ports", "port 80/tcp in use", ""},
      {"f-gone", "connection", "suspect", ""},
  };
  ASSERT_EQ(answer.instances.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Verdict& row = answer.instances[i];
    const Objection first = row.objections.empty() ? Objection{} : row.objections.front();
    EXPECT_EQ((std::array<std::string, 4>{row.instance, first.filter, first.reason, first.detail}), expected[i]);
    EXPECT_EQ(row.rank, i == 0 ? 1U : 0U);
    EXPECT_LE(row.objections.size(), 1U);
  }
  EXPECT_EQ(answer.remedy, "") << "it has a place";
}

TEST(Why, without_a_definition) {
  testing::World world;
  world.add(an_instance("n1"));
  const Answer answer = why(world.state, *world.add(a_task("x")));
  EXPECT_EQ(answer.problem, "task definition web:1 does not exist");
}

TEST(Why, ranks_those_that_could_take_it) {
  testing::World world;
  world.add(a_revision("web", 1));
  for (const char* name : {"a1", "a2", "b1"}) {
    world.add(an_instance(name).attribute("ecs.availability-zone", std::string(1, name[0])));
  }
  world.add(a_task("t1").group("family:web").on("a1").running());
  world.add(a_task("t2").group("family:web").on("b1").running());
  const auto placed = world.add(a_task("t3").group("family:web").on("b1").running());
  const Answer answer = why(world.state, *placed);
  ASSERT_EQ(answer.instances.size(), 3U);
  EXPECT_EQ(answer.instances[0].rank, 2U);
  EXPECT_EQ(answer.instances[1].rank, 1U) << "what it holds itself does not count: each zone has one";
  EXPECT_EQ(answer.instances[1].standing, "1 task with ecs.availability-zone=a, 0 tasks of the group here");
  EXPECT_EQ(answer.instances[2].rank, 2U) << "as good as a1";
}

struct Smallest {
  const char* name;
  std::function<void(testing::World&)> given;
  std::string remedy;
};
class WhyRemedy : public ::testing::TestWithParam<Smallest> {};

TEST_P(WhyRemedy, is_one_change_of_one_thing) {
  testing::World world;
  world.add(a_revision("web", 1).cpu(1000).memory(2000));
  GetParam().given(world);
  EXPECT_EQ(why(world.state, *world.add(a_task("x"))).remedy, GetParam().remedy);
}

INSTANTIATE_TEST_SUITE_P(
    rows, WhyRemedy,
    ::testing::Values(Smallest{"the_least_missing",
                               [](testing::World& w) {
                                 w.add(an_instance("a").cpu(500));
                                 w.add(an_instance("b").memory(1900));
                               },
                               "b lacks 100 MiB: the task would fit with 1900 instead of 2000"},
                      Smallest{"what_lacks_two_things_is_not_near",
                               [](testing::World& w) {
                                 w.add(an_instance("a").cpu(500));
                                 w.add(an_instance("b").memory(1999).unschedulable());
                               },
                               "a lacks 500 cpu units: the task would fit with 500 instead of 1000"},
                      Smallest{"a_cordoned_one", [](testing::World& w) { w.add(an_instance("a").unschedulable()); },
                               "muster uncordon a (it is unschedulable)"},
                      Smallest{"a_tainted_one",
                               [](testing::World& w) {
                                 w.add(an_instance("a").taint("gpu", "yes", TaintEffect::no_schedule));
                               },
                               "a is tainted gpu=yes: a toleration of gpu in the definition would do"},
                      Smallest{"nothing_helps_a_lost_one",
                               [](testing::World& w) { w.add(an_instance("a").connection(Connection::lost)); }, ""}),
    [](const auto& row) { return row.param.name; });

TEST(Why, an_instance_tells_what_it_refuses) {
  testing::World world;
  world.add(a_revision("web", 1));
  world.add(a_revision("big", 1).memory(100'000));
  world.add(an_instance("n1"));
  world.add(a_task("w1").group("family:web"));
  world.add(a_task("b1").definition("big:1").group("family:big"));
  world.add(a_task("b2").definition("big:1").group("family:big"));
  world.add(a_task("g1").definition("gone:1").group("family:gone"));
  const auto rows = waiting_tasks(world.state, *world.get<ContainerInstance>("n1"));
  ASSERT_EQ(rows.size(), 3U);
  for (const Waiting& row : rows) {
    if (row.example == "w1") {
      EXPECT_TRUE(row.objections.empty());
      EXPECT_EQ(row.tasks, 1U);
    } else if (row.example == "b1") {
      EXPECT_EQ(row.tasks, 2U);
      ASSERT_EQ(row.objections.size(), 1U);
      EXPECT_EQ(row.objections[0].reason, "insufficient memory");
    } else {
      EXPECT_EQ(row.problem, "task definition gone:1 does not exist");
    }
  }
}

}  // namespace
}  // namespace muster::scheduler
