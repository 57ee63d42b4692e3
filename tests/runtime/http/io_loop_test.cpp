// IoLoop keeps the promises of Loop (see tests/runtime/base/loop_test.cpp) and adds signals.
#include "runtime/http/io_loop.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <thread>
#include <vector>

namespace muster::http {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(io_loop, runs_callbacks_in_order_whichever_thread_posts) {
  IoLoop loop;
  std::vector<int> seen;
  loop.post([&] {
    loop.post([&] { seen.push_back(1); });
    std::thread([&] { loop.post([&] { seen.push_back(2); }); }).join();
    loop.post([&] {
      seen.push_back(3);
      loop.stop();
    });
    seen.push_back(0);
  });
  loop.run();
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3}));
}

TEST(io_loop, takes_callbacks_from_many_threads) {
  IoLoop loop;
  int count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) {
        loop.post([&] {
          if (++count == 4000) loop.stop();
        });
      }
    });
  }
  loop.run();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, 4000);
}

TEST(io_loop, timers_run_in_order_and_can_be_cancelled) {
  IoLoop loop;
  std::vector<int> seen;
  const Duration start = loop.monotonic();
  loop.after(milliseconds(20), [&] {
    seen.push_back(3);
    loop.stop();
  });
  const Loop::Timer cancelled = loop.after(milliseconds(1), [&] { seen.push_back(-1); });
  loop.after(milliseconds(5), [&] { seen.push_back(1); });
  loop.after(milliseconds(5), [&] { seen.push_back(2); });
  loop.after(milliseconds(-5), [&] { seen.push_back(0); });
  loop.cancel(cancelled);
  loop.cancel(0);
  loop.run();
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_GE(loop.monotonic() - start, milliseconds(20));
}

TEST(io_loop, stop_ends_the_turn_and_run_can_go_on) {
  IoLoop loop;
  int count = 0;
  loop.post([&] {
    ++count;
    loop.stop();
  });
  loop.post([&] {
    ++count;
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(count, 1);
  loop.run();
  EXPECT_EQ(count, 2);
  loop.stop();
  loop.run();  // a stop before the run counts
}

TEST(io_loop, its_end_drops_what_has_not_run) {
  auto owned = std::make_shared<int>(1);
  {
    IoLoop loop;
    loop.post([owned] {});
    loop.after(hours(1), [owned] {});
  }
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(io_loop, hears_each_signal) {
  IoLoop loop;
  int heard = 0;
  loop.on_signals({SIGUSR1}, [&](int number) {
    EXPECT_EQ(number, SIGUSR1);
    if (++heard == 2) loop.stop();
    if (heard == 1) ::raise(SIGUSR1);
  });
  loop.post([] { ::raise(SIGUSR1); });
  loop.run();
  EXPECT_EQ(heard, 2);
}

}  // namespace
}  // namespace muster::http
