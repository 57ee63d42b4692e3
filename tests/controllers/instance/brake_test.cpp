// The arithmetic of the brake: when it engages, whose turn it is, when it lets go.
#include "controllers/instance/brake.h"

#include <gtest/gtest.h>

#include "tests/support/builders.h"

namespace muster::instance {
namespace {

using namespace std::chrono_literals;
using testing::t0;

Losses losses(std::size_t instances, std::size_t lost, std::size_t suspects = 0) {
  Losses out;
  out.instances = instances;
  out.suspects = suspects;
  for (std::size_t i = 0; i < lost; ++i) out.lost.push_back(LostInstance{"n" + std::to_string(i), t0, {}, true});
  return out;
}

TEST(Brake, engages_above_two_and_above_a_fifth) {
  struct Row {
    std::size_t instances, lost, suspects;
    bool engaged;
  };
  for (const auto& row : {Row{3, 2, 0, false}, Row{3, 3, 0, true}, Row{10, 2, 0, false}, Row{10, 3, 0, true},
                          Row{15, 3, 0, false}, Row{14, 3, 0, true}, Row{100, 20, 0, false}, Row{100, 21, 0, true},
                          Row{100, 1, 20, true}, Row{100, 0, 21, true}, Row{1, 1, 0, false}, Row{2, 2, 0, false}}) {
    EXPECT_EQ(brake_engaged(losses(row.instances, row.lost, row.suspects), t0 + 1s), row.engaged)
        << row.lost << " lost and " << row.suspects << " suspects of " << row.instances;
  }
}

TEST(Brake, forgets_losses_after_the_window) {
  EXPECT_TRUE(brake_engaged(losses(10, 5), t0 + 29s));
  EXPECT_FALSE(brake_engaged(losses(10, 5), t0 + 30s));
}

TEST(Brake, once_on_stays_on_while_somebody_waits) {
  auto all = losses(10, 5);
  all.braking = true;
  EXPECT_TRUE(brake_engaged(all, t0 + 10min));
  for (auto& each : all.lost) each.released_at = t0 + 1min;
  EXPECT_FALSE(brake_engaged(all, t0 + 10min));
}

TEST(Brake, without_it_nobody_waits) {
  EXPECT_EQ(wait_for_release(losses(100, 2), "n1", t0), 0s);
}

TEST(Brake, instances_take_turns) {
  auto all = losses(10, 4);
  all.lost[3].lost_at = t0 - 1s;  // first to go
  EXPECT_EQ(wait_for_release(all, "n3", t0), 9s);
  EXPECT_EQ(wait_for_release(all, "n0", t0), 19s);
  EXPECT_EQ(wait_for_release(all, "n1", t0), 29s);
  EXPECT_EQ(wait_for_release(all, "n2", t0), 39s);
  all.braking = true;
  EXPECT_EQ(wait_for_release(all, "n3", t0 + 9s), 0s);
  all.lost[3].released_at = t0 + 9s;
  EXPECT_EQ(wait_for_release(all, "n0", t0 + 9s), 10s);
  EXPECT_EQ(wait_for_release(all, "n0", t0 + 19s), 0s);
  EXPECT_EQ(wait_for_release(all, "n1", t0 + 19s), 10s);
}

TEST(Brake, instances_without_tasks_take_no_turn) {
  auto all = losses(10, 4);
  all.lost[0].has_tasks = false;
  EXPECT_EQ(wait_for_release(all, "n1", t0), 10s);
}

}  // namespace
}  // namespace muster::instance
