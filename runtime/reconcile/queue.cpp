#include "runtime/reconcile/queue.h"

namespace muster::reconcile {

void Queue::add(const Key& key) {
  const auto timed = due_.find(key);
  if (timed != due_.end()) {
    times_.erase({timed->second, key});
    due_.erase(timed);
  }
  const auto held = held_.find(key);
  if (held != held_.end()) {
    held->second = true;
    return;
  }
  if (waiting_.insert(key).second) ready_.push_back(key);
}

void Queue::add_at(const Key& key, Duration due) {
  if (waiting_.count(key) > 0) return;
  const auto timed = due_.find(key);
  if (timed != due_.end()) {
    if (timed->second <= due) return;
    times_.erase({timed->second, key});
  }
  due_[key] = due;
  times_.insert({due, key});
}

std::optional<Key> Queue::take(Duration now) {
  while (!times_.empty() && times_.begin()->first <= now) {
    const Key key = times_.begin()->second;
    add(key);  // takes it out of the timed ones
  }
  if (ready_.empty()) return std::nullopt;
  Key key = std::move(ready_.front());
  ready_.pop_front();
  waiting_.erase(key);
  held_[key] = false;
  return key;
}

void Queue::finish(const Key& key) {
  const auto held = held_.find(key);
  if (held == held_.end()) return;
  const bool again = held->second;
  held_.erase(held);
  if (again) add(key);
}

std::optional<Duration> Queue::next_due() const {
  if (!ready_.empty()) return Duration::min();
  if (times_.empty()) return std::nullopt;
  return times_.begin()->first;
}

}  // namespace muster::reconcile
