// Instance by instance: which filter refused a task, and by how much.
#include "controllers/scheduler/explain.h"

#include <gtest/gtest.h>

#include "controllers/scheduler/tournament.h"
#include "tests/support/world.h"

namespace muster::scheduler {
namespace {

using testing::a_revision;
using testing::a_task;
using testing::an_instance;

TEST(Explain, why_names_the_filter_and_the_numbers) {
  testing::World world;
  world.add(a_revision("web", 1).cpu(1000).memory(2000).host_port(80).member_of("attribute:disk == ssd"));
  world.add(a_revision("filler", 1).cpu(1).memory(7000));
  world.add(an_instance("a-fits").attribute("disk", "ssd"));
  world.add(an_instance("b-full").attribute("disk", "ssd"));
  world.add(an_instance("c-slow").attribute("disk", "ssd").cpu(500));
  world.add(an_instance("d-no-disk"));
  world.add(an_instance("e-port").attribute("disk", "ssd").reserved_port(80));
  world.add(an_instance("f-gone").connection(Connection::suspect));
  world.add(an_instance("g-other").cluster("other"));
  world.add(a_task("filler").definition("filler:1").on("b-full").running());
  const auto rows = why(world.state, *world.add(a_task("x").group("family:web")));
  const std::vector<std::array<std::string, 4>> expected = {
      {"a-fits", "", "", ""},
      {"b-full", "memory", "insufficient memory", "needs 2000 MiB, 1192 of 8192 MiB are free"},
      {"c-slow", "cpu", "insufficient cpu", "needs 1000 cpu units, 500 of 500 are free"},
      {"d-no-disk", "attributes", "missing attribute disk", ""},
      {"e-port", "ports", "port 80/tcp in use", ""},
      {"f-gone", "connection", "suspect", ""},
  };
  ASSERT_EQ(rows.size(), expected.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ((std::array<std::string, 4>{rows[i].instance, rows[i].filter, rows[i].reason, rows[i].detail}),
              expected[i]);
  }
}

TEST(Explain, why_without_a_definition) {
  testing::World world;
  world.add(an_instance("n1"));
  const auto rows = why(world.state, *world.add(a_task("x")));
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].reason, "task definition web:1 does not exist");
}

TEST(Tournament, the_best_the_lowest_of_equals_and_their_number) {
  std::vector<int> ranks = {5, 3, 9, 3, 7, 3};
  const auto compare = [&](std::uint32_t a, std::uint32_t b) { return ranks[a] - ranks[b]; };
  Tournament games;
  games.reset(6, Tournament::Ties::counted);
  EXPECT_EQ(games.best(), Tournament::nobody);
  for (std::uint32_t i = 0; i < 6; ++i) games.set(i);
  games.play_all(compare);
  EXPECT_EQ(games.best(), 1U);
  EXPECT_EQ(games.equals(), 3U);
  EXPECT_EQ(games.equal(0), 1U);
  EXPECT_EQ(games.equal(1), 3U);
  EXPECT_EQ(games.equal(2), 5U);
  ranks[1] = 10;
  games.update(1, Tournament::Presence::in, compare);
  games.update(3, Tournament::Presence::out, compare);
  EXPECT_EQ(games.best(), 5U);
  EXPECT_EQ(games.equals(), 1U);
  for (const std::uint32_t i : {0U, 1U, 2U, 4U, 5U}) games.update(i, Tournament::Presence::out, compare);
  EXPECT_EQ(games.best(), Tournament::nobody);
  games.update(4, Tournament::Presence::in, compare);
  EXPECT_EQ(games.best(), 4U);
}

}  // namespace
}  // namespace muster::scheduler
