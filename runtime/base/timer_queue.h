// Timers in the order of their deadlines: what every real Loop keeps. A plain data structure, no clock, no lock.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "runtime/base/loop.h"

namespace muster {

class TimerQueue {
 public:
  // `deadline` in the caller's monotonic time. Timers with the same deadline run in the order they were added.
  Loop::Timer add(Duration deadline, Loop::Callback callback);
  // Hands the callback back, so that the caller chooses where it is destroyed; null when unknown.
  Loop::Callback cancel(Loop::Timer timer);
  // The earliest callback whose deadline has come, taken out; null when there is none.
  Loop::Callback take_due(Duration now);
  std::optional<Duration> earliest() const;
  void clear();

 private:
  using Key = std::pair<Duration, Loop::Timer>;
  std::map<Key, Loop::Callback> timers_;
  std::unordered_map<Loop::Timer, Duration> deadlines_;
  Loop::Timer next_ = 1;
};

}  // namespace muster
