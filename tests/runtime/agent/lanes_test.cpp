// How many operations go on at once, and in which order the others follow.
#include "runtime/agent/lanes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <vector>

#include "tests/support/manual_loop.h"

namespace muster::agent {
namespace {

using ::testing::ElementsAre;

struct LaneTest : ::testing::Test {
  testing::ManualLoop loop;
  Lane lane{loop, 2};
  std::vector<int> begun;
  std::map<int, std::shared_ptr<Lane::Pass>> held;

  Lane::Ticket enter(int number, Lane::Priority priority = Lane::Priority::normal) {
    return lane.enter(priority, [this, number](std::shared_ptr<Lane::Pass> pass) {
      begun.push_back(number);
      held[number] = std::move(pass);
    });
  }
};

TEST_F(LaneTest, lets_in_as_many_as_it_is_wide) {
  EXPECT_EQ(enter(1), 0u);
  EXPECT_EQ(enter(2), 0u);
  EXPECT_NE(enter(3), 0u);
  EXPECT_THAT(begun, ElementsAre(1, 2));
  held.erase(1);
  EXPECT_THAT(begun, ElementsAre(1, 2)) << "not from inside the end of another";
  loop.run_ready();
  EXPECT_THAT(begun, ElementsAre(1, 2, 3));
}

TEST_F(LaneTest, urgent_ones_go_first) {
  enter(1), enter(2), enter(3), enter(4, Lane::Priority::urgent), enter(5, Lane::Priority::urgent);
  held.clear();
  loop.run_ready();
  EXPECT_THAT(begun, ElementsAre(1, 2, 4, 5));
  held.clear();
  loop.run_ready();
  EXPECT_THAT(begun, ElementsAre(1, 2, 4, 5, 3));
}

TEST_F(LaneTest, those_who_leave_are_not_called) {
  enter(1), enter(2);
  const Lane::Ticket ticket = enter(3);
  enter(4);
  lane.leave(ticket);
  lane.leave(0);
  held.clear();
  loop.run_ready();
  EXPECT_THAT(begun, ElementsAre(1, 2, 4));
  EXPECT_EQ(lane.waiting(), 0u);
}

}  // namespace
}  // namespace muster::agent
