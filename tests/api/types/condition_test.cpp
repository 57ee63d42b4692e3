#include "api/types/condition.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

constexpr Time early = Time{} + std::chrono::hours(1);
constexpr Time late = Time{} + std::chrono::hours(2);

Condition ready(std::string status, std::string reason) {
  Condition condition;
  condition.type = "Ready";
  condition.status = std::move(status);
  condition.reason = std::move(reason);
  return condition;
}

TEST(Condition, TransitionTimeMovesOnlyWithTheStatus) {
  Conditions conditions;
  set_condition(conditions, ready("False", "Starting"), early);
  ASSERT_NE(find_condition(conditions, "Ready"), nullptr);
  EXPECT_EQ(find_condition(conditions, "Ready")->last_transition_time, early);
  EXPECT_FALSE(is_true(conditions, "Ready"));

  set_condition(conditions, ready("False", "StillStarting"), late);
  EXPECT_EQ(find_condition(conditions, "Ready")->last_transition_time, early);
  EXPECT_EQ(find_condition(conditions, "Ready")->reason, "StillStarting");

  set_condition(conditions, ready("True", "Running"), late);
  EXPECT_EQ(find_condition(conditions, "Ready")->last_transition_time, late);
  EXPECT_TRUE(is_true(conditions, "Ready"));
  EXPECT_EQ(conditions.size(), 1U);
}

TEST(Condition, RemovesOnlyTheNamedOne) {
  Conditions conditions;
  set_condition(conditions, ready("True", "Running"), early);
  Condition lost = ready("True", "Silent");
  lost.type = "Lost";
  set_condition(conditions, lost, early);
  remove_condition(conditions, "Ready");
  EXPECT_EQ(find_condition(conditions, "Ready"), nullptr);
  EXPECT_TRUE(is_true(conditions, "Lost"));
  remove_condition(conditions, "Absent");
  EXPECT_EQ(conditions.size(), 1U);
}

}  // namespace
}  // namespace muster
