// A Loop on a virtual clock: time moves only when the test says so, and jumps to the next timer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <utility>

#include "runtime/base/loop.h"

namespace muster::testing {

class ManualLoop final : public Loop {
 public:
  // 2026-01-01T00:00:00Z at the start.
  Time now() const override { return Time{std::chrono::seconds(1'767'225'600)} + clock_; }
  Duration monotonic() const override { return clock_; }
  void post(Callback callback) override { queue_.push_back(std::move(callback)); }
  Timer after(Duration delay, Callback callback) override {
    const Timer timer = next_timer_++;
    const Duration at = clock_ + std::max(delay, Duration::zero());
    timers_.emplace(Key{at, timer}, std::move(callback));
    times_.emplace(timer, at);
    return timer;
  }
  void cancel(Timer timer) override {
    const auto at = times_.find(timer);
    if (at == times_.end()) return;
    timers_.erase(Key{at->second, timer});
    times_.erase(at);
  }

  // Runs everything that is due now.
  void run_ready() { advance(Duration::zero()); }
  // Moves the clock and runs what becomes due, each at its own time.
  void advance(Duration time) {
    const Duration end = clock_ + time;
    while (true) {
      if (!queue_.empty()) {
        Callback callback = std::move(queue_.front());
        queue_.pop_front();
        callback();
      } else if (!timers_.empty() && timers_.begin()->first.first <= end) {
        const auto first = timers_.begin();
        clock_ = std::max(clock_, first->first.first);
        Callback callback = std::move(first->second);
        times_.erase(first->first.second);
        timers_.erase(first);
        callback();
      } else {
        break;
      }
    }
    clock_ = end;
  }
  // Jumps from timer to timer until the condition holds or nothing is left to run. False in the second case.
  bool run_until(const std::function<bool()>& condition) {
    while (!condition()) {
      if (queue_.empty() && timers_.empty()) return false;
      if (queue_.empty()) clock_ = std::max(clock_, timers_.begin()->first.first);
      run_ready();
    }
    return true;
  }
  std::size_t timers() const { return timers_.size(); }

 private:
  using Key = std::pair<Duration, Timer>;

  Duration clock_{};
  Timer next_timer_ = 1;
  std::deque<Callback> queue_;
  std::map<Key, Callback> timers_;
  std::map<Timer, Duration> times_;
};

}  // namespace muster::testing
