// ThreadLoop keeps the promises of Loop; tests/runtime/http/io_loop_test.cpp asks the same of the other one.
#include "runtime/base/loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace muster {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// Waits until everything that was posted before has run.
void settle(Loop& loop) {
  std::promise<void> done;
  loop.post([&] { done.set_value(); });
  done.get_future().wait();
}

TEST(thread_loop, runs_callbacks_in_order_on_one_thread) {
  ThreadLoop loop("test");
  std::vector<int> seen;
  std::thread::id thread;
  for (int i = 0; i < 1000; ++i) {
    loop.post([&, i] {
      seen.push_back(i);
      thread = std::this_thread::get_id();
    });
  }
  settle(loop);
  ASSERT_EQ(seen.size(), 1000U);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
  EXPECT_NE(thread, std::this_thread::get_id());
}

TEST(thread_loop, takes_callbacks_from_many_threads) {
  ThreadLoop loop("test");
  int count = 0;  // the loop's
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) loop.post([&] { ++count; });
    });
  }
  for (std::thread& thread : threads) thread.join();
  settle(loop);
  EXPECT_EQ(count, 4000);
}

TEST(thread_loop, timers_run_in_the_order_of_their_deadlines_and_not_early) {
  ThreadLoop loop("test");
  std::vector<int> seen;
  std::promise<void> done;
  bool early = false;
  loop.post([&] {
    const Duration start = loop.monotonic();
    loop.after(milliseconds(30), [&, start] {
      early = loop.monotonic() - start < milliseconds(30);
      seen.push_back(3);
      done.set_value();
    });
    loop.after(milliseconds(10), [&] { seen.push_back(1); });
    loop.after(milliseconds(10), [&] { seen.push_back(2); });
    loop.after(milliseconds(-5), [&] { seen.push_back(0); });
  });
  done.get_future().wait();
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_FALSE(early);
}

TEST(thread_loop, a_cancelled_timer_does_not_run) {
  ThreadLoop loop("test");
  std::promise<void> done;
  bool ran = false;
  loop.post([&] {
    const Loop::Timer timer = loop.after(milliseconds(1), [&] { ran = true; });
    EXPECT_NE(timer, 0U);
    loop.after(milliseconds(1), [&] { done.set_value(); });
    loop.cancel(timer);
    loop.cancel(timer);
    loop.cancel(0);
    loop.cancel(123456);
  });
  done.get_future().wait();
  EXPECT_FALSE(ran);
}

TEST(thread_loop, one_due_timer_can_cancel_the_next) {
  ThreadLoop loop("test");
  std::promise<void> done;
  bool ran = false;
  loop.post([&] {
    auto second = std::make_shared<Loop::Timer>(0);
    loop.after(Duration{0}, [&, second] { loop.cancel(*second); });
    *second = loop.after(Duration{0}, [&] { ran = true; });
    loop.after(milliseconds(1), [&] { done.set_value(); });
  });
  done.get_future().wait();
  EXPECT_FALSE(ran);
}

TEST(thread_loop, posting_without_end_does_not_starve_timers) {
  ThreadLoop loop("test");
  std::promise<void> done;
  std::atomic<bool> rung = false;
  std::function<void()> again = [&] {
    if (!rung) loop.post(again);
  };
  loop.post([&] {
    loop.after(milliseconds(1), [&] {
      rung = true;
      done.set_value();
    });
    again();
  });
  done.get_future().wait();
  settle(loop);
}

// Posts when it dies: what a callback owns may do that.
struct Posting {
  explicit Posting(Loop& to) : loop(to) {}
  ~Posting() {
    loop.post([] {});
  }
  Loop& loop;
};

TEST(thread_loop, its_end_drops_what_has_not_run) {
  std::atomic<int> ran = 0;
  auto owned = std::make_shared<int>(1);
  {
    ThreadLoop loop("test");
    std::promise<void> started;
    std::promise<void> go;
    loop.post([&] {
      loop.after(hours(1), [&, owned] { ++ran; });
      loop.after(hours(1), [posting = std::make_shared<Posting>(loop)] {});
      started.set_value();
      go.get_future().wait();
    });
    started.get_future().wait();
    loop.post([&, owned, posting = std::make_shared<Posting>(loop)] { ++ran; });
    std::thread stopper([&] { loop.stop(); });
    // stop() must have begun before the callback ends, or the second one could still run.
    while (owned.use_count() < 3) std::this_thread::yield();
    go.set_value();
    stopper.join();
    loop.stop();
    loop.post([&] { ++ran; });
  }
  EXPECT_LE(ran, 1);
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(thread_loop, knows_the_time) {
  ThreadLoop loop("a name longer than the kernel allows");
  EXPECT_GT(loop.now(), Time(std::chrono::hours(24 * 365 * 50)));
  const Duration before = loop.monotonic();
  EXPECT_LE(before, loop.monotonic());
}

}  // namespace
}  // namespace muster
