#include "runtime/base/timer_queue.h"

#include <gtest/gtest.h>

#include <vector>

namespace muster {
namespace {

TEST(timer_queue, gives_out_what_is_due_in_order) {
  TimerQueue queue;
  std::vector<int> seen;
  queue.add(Duration{20}, [&] { seen.push_back(2); });
  queue.add(Duration{10}, [&] { seen.push_back(1); });
  queue.add(Duration{20}, [&] { seen.push_back(3); });
  EXPECT_EQ(queue.earliest(), Duration{10});
  EXPECT_FALSE(queue.take_due(Duration{9}));
  while (const auto callback = queue.take_due(Duration{20})) callback();
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(queue.earliest(), std::nullopt);
}

TEST(timer_queue, cancel_hands_the_callback_back_once) {
  TimerQueue queue;
  const Loop::Timer timer = queue.add(Duration{1}, [] {});
  EXPECT_TRUE(queue.cancel(timer));
  EXPECT_FALSE(queue.cancel(timer));
  EXPECT_FALSE(queue.cancel(0));
  EXPECT_FALSE(queue.take_due(Duration{5}));
}

TEST(timer_queue, clear_drops_everything) {
  TimerQueue queue;
  auto owned = std::make_shared<int>(1);
  queue.add(Duration{1}, [owned] {});
  queue.clear();
  EXPECT_EQ(owned.use_count(), 1);
  EXPECT_FALSE(queue.take_due(Duration{5}));
}

}  // namespace
}  // namespace muster
