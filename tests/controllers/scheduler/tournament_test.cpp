// Of players, some of them absent, the best, and how many are as good.
#include "controllers/scheduler/tournament.h"

#include <gtest/gtest.h>

#include <vector>

namespace muster::scheduler {
namespace {

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
