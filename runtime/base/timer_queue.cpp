#include "runtime/base/timer_queue.h"

namespace muster {

Loop::Timer TimerQueue::add(Duration deadline, Loop::Callback callback) {
  const Loop::Timer timer = next_++;
  timers_.emplace(Key{deadline, timer}, std::move(callback));
  deadlines_.emplace(timer, deadline);
  return timer;
}

Loop::Callback TimerQueue::cancel(Loop::Timer timer) {
  const auto deadline = deadlines_.find(timer);
  if (deadline == deadlines_.end()) return nullptr;
  const auto found = timers_.find(Key{deadline->second, timer});
  Loop::Callback callback = std::move(found->second);
  timers_.erase(found);
  deadlines_.erase(deadline);
  return callback;
}

Loop::Callback TimerQueue::take_due(Duration now) {
  if (timers_.empty() || timers_.begin()->first.first > now) return nullptr;
  Loop::Callback callback = std::move(timers_.begin()->second);
  deadlines_.erase(timers_.begin()->first.second);
  timers_.erase(timers_.begin());
  return callback;
}

std::optional<Duration> TimerQueue::earliest() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first.first;
}

void TimerQueue::clear() {
  // Destructors of callbacks may come back here: they must find an empty queue.
  const std::map<Key, Loop::Callback> timers = std::exchange(timers_, {});
  deadlines_.clear();
}

}  // namespace muster
