#include "runtime/simulation/virtual_loop.h"

#include <algorithm>

#include "api/base/assert.h"

namespace muster::simulation {

std::optional<Duration> EventQueue::next() const {
  if (events_.empty()) return std::nullopt;
  return events_.begin()->first.first;
}

bool EventQueue::step() {
  if (events_.empty()) return false;
  const auto first = events_.begin();
  const auto [at, number] = first->first;
  Event event = std::move(first->second);
  events_.erase(first);
  MUSTER_ASSERT(at >= now_);
  now_ = at;
  ++steps_;
  event.loop->waiting_.erase(number);
  if (event.loop->hanging_) {
    event.loop->held_.emplace(number, std::move(event.callback));
  } else {
    event.callback();
  }
  return true;
}

void EventQueue::advance_to(Duration at) {
  MUSTER_ASSERT(events_.empty() || events_.begin()->first.first >= at);
  now_ = std::max(now_, at);
}

VirtualLoop::VirtualLoop(EventQueue& queue, std::uint64_t seed, Duration jitter)
    : queue_(queue), random_(seed), jitter_(jitter) {}

VirtualLoop::~VirtualLoop() {
  kill();
}

Time VirtualLoop::now() const {
  // 2026-01-01T00:00:00Z at the start.
  return Time{std::chrono::seconds(1'767'225'600)} + queue_.now() + skew_;
}

Duration VirtualLoop::jitter() {
  if (jitter_ <= Duration::zero()) return Duration::zero();
  return Duration(static_cast<std::int64_t>(random_.next() % static_cast<std::uint64_t>(jitter_.count())));
}

void VirtualLoop::post(Callback callback) {
  if (dead_) return;
  last_post_ = std::max(queue_.now() + jitter(), last_post_);
  add(last_post_, std::move(callback));
}

Loop::Timer VirtualLoop::after(Duration delay, Callback callback) {
  if (dead_) return 0;
  return add(queue_.now() + std::max(delay, Duration::zero()) + jitter(), std::move(callback));
}

Loop::Timer VirtualLoop::add(Duration at, Callback callback) {
  const std::uint64_t number = queue_.next_++;
  queue_.events_.emplace(EventQueue::Key{at, number}, EventQueue::Event{this, std::move(callback)});
  waiting_.emplace(number, at);
  return number;
}

void VirtualLoop::cancel(Timer timer) {
  Callback dropped;  // destroyed last: it may own what calls back here
  if (const auto held = held_.find(timer); held != held_.end()) {
    dropped = std::move(held->second);
    held_.erase(held);
    return;
  }
  const auto found = waiting_.find(timer);
  if (found == waiting_.end()) return;
  const auto event = queue_.events_.find(EventQueue::Key{found->second, timer});
  dropped = std::move(event->second.callback);
  queue_.events_.erase(event);
  waiting_.erase(found);
}

void VirtualLoop::hang() {
  hanging_ = true;
}

void VirtualLoop::resume() {
  if (!std::exchange(hanging_, false)) return;
  // Before everything that comes from now on, in the old order, under the old numbers: they can still be cancelled.
  for (auto& [number, callback] : std::exchange(held_, {})) {
    queue_.events_.emplace(EventQueue::Key{queue_.now(), number}, EventQueue::Event{this, std::move(callback)});
    waiting_.emplace(number, queue_.now());
  }
}

void VirtualLoop::kill() {
  dead_ = true;
  hanging_ = false;
  std::map<Timer, Callback> dropped = std::exchange(held_, {});
  for (const auto& [number, at] : std::exchange(waiting_, {})) {
    const auto event = queue_.events_.find(EventQueue::Key{at, number});
    dropped.emplace(number, std::move(event->second.callback));
    queue_.events_.erase(event);
  }
}

void VirtualLoop::revive() {
  dead_ = false;
  last_post_ = queue_.now();
}

}  // namespace muster::simulation
