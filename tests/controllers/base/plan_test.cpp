// The journal's hash tells plans apart by anything they say, and by nothing else.
#include "controllers/base/plan.h"

#include <gtest/gtest.h>

#include "tests/support/world.h"

namespace muster {
namespace {

using namespace testing;
using std::chrono::seconds;

Plan creates(const std::string& name) {
  Plan plan;
  plan.actions.emplace_back(Create{a_task(name).shared()});
  return plan;
}

TEST(Plan, asks_to_look_again_at_the_earliest_moment) {
  Plan plan;
  EXPECT_TRUE(plan.idle());
  plan.look_again(seconds(5));
  plan.look_again(seconds(2));
  plan.look_again(seconds(9));
  EXPECT_EQ(plan.requeue_after, Duration(seconds(2)));
  plan.look_again(seconds(-1));
  EXPECT_EQ(plan.requeue_after, Duration::zero());
  EXPECT_FALSE(plan.idle());
}

TEST(Plan, hash_is_equal_for_equal_plans) {
  EXPECT_EQ(hash_of(creates("a")), hash_of(creates("a")));
}

TEST(Plan, hash_differs_by_everything_a_plan_says) {
  const ObjectPtr task = a_task("a").shared();
  std::vector<Plan> plans(8);
  plans[1].actions.emplace_back(Create{task});
  plans[2].actions.emplace_back(Update{task});
  plans[3].actions.emplace_back(UpdateStatus{task});
  plans[4].actions.emplace_back(Delete{task});
  plans[5].actions.emplace_back(Note{task, NoteType::normal, "Started", "x"});
  plans[6].actions.emplace_back(Note{task, NoteType::warning, "Started", "x"});
  plans[7].actions.emplace_back(Create{a_task("b").shared()});
  plans.push_back(creates("a"));
  plans.back().look_again(seconds(1));
  std::set<std::uint64_t> hashes;
  for (const Plan& plan : plans) hashes.insert(hash_of(plan));
  EXPECT_EQ(hashes.size(), plans.size());
}

}  // namespace
}  // namespace muster
