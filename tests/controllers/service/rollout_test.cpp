// The numbers of ecs.md section 3.4, row by row.
#include "controllers/service/rollout.h"

#include <gtest/gtest.h>

namespace muster::service {
namespace {

struct Row {
  const char* name;
  std::int32_t desired, minimum, maximum, lower, upper;
};
class Bounding : public ::testing::TestWithParam<Row> {};

TEST_P(Bounding, rounds_the_minimum_up_and_the_maximum_down) {
  const Row& row = GetParam();
  const Bounds bounds = bounds_of(row.desired, row.minimum, row.maximum);
  EXPECT_EQ(bounds.lower, row.lower);
  EXPECT_EQ(bounds.upper, row.upper);
}
INSTANTIATE_TEST_SUITE_P(Table, Bounding,
                         ::testing::Values(Row{"half", 4, 50, 100, 2, 4}, Row{"usual", 4, 100, 200, 4, 8},
                                           Row{"one", 1, 100, 100, 1, 1}, Row{"rounded_up", 2, 75, 100, 2, 2},
                                           Row{"rounded_down", 3, 100, 125, 3, 3}, Row{"none", 0, 100, 200, 0, 0},
                                           Row{"large", 100'000, 99, 1000, 99'000, 1'000'000},
                                           Row{"never_below_desired", 4, 0, 50, 0, 4}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(MayStart, counts_stopping_tasks_too) {
  EXPECT_EQ(may_start({2, 4}, {2, 1, 1, 2}), 0);
  EXPECT_EQ(may_start({2, 4}, {2, 1, 0, 2}), 1);
  EXPECT_EQ(may_start({2, 4}, {9, 0, 0, 9}), 0);
}

TEST(MayStop, never_goes_under_the_minimum) {
  EXPECT_EQ(may_stop({2, 4}, {4, 0, 0, 4}), 2);
  EXPECT_EQ(may_stop({2, 4}, {4, 0, 0, 1}), 0);
}

TEST(NeededOfOld, is_what_the_primary_lacks) {
  EXPECT_EQ(needed_of_old(4, 1), 3);
  EXPECT_EQ(needed_of_old(4, 6), 0);
}

}  // namespace
}  // namespace muster::service
