// Time in a simulated world: one queue of events for everything that happens, and a Loop on it for each process. The
// order is that of time, then of coming; the same seed gives the same order.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "runtime/base/loop.h"
#include "runtime/base/random.h"

namespace muster::simulation {

class VirtualLoop;

// The world's clock and what waits for it. Outlives its loops.
class EventQueue {
 public:
  EventQueue() = default;
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  Duration now() const { return now_; }
  // When the next event is due; nothing when none waits.
  std::optional<Duration> next() const;
  // Moves the clock to the next event and runs it. False when there is none.
  bool step();
  // Moves the clock on when nothing is due before.
  void advance_to(Duration at);
  std::uint64_t steps() const { return steps_; }

 private:
  friend class VirtualLoop;
  using Key = std::pair<Duration, std::uint64_t>;
  struct Event {
    VirtualLoop* loop = nullptr;
    Loop::Callback callback;
  };

  Duration now_{};
  std::uint64_t next_ = 1, steps_ = 0;
  std::map<Key, Event> events_;
};

// One process, or one thread of it. It can hang (nothing runs, nothing is lost) and be killed (everything is lost).
class VirtualLoop final : public Loop {
 public:
  // Callbacks run up to `jitter` later than asked for, drawn from `seed`, so that processes overtake each other. Those
  // that were posted stay in order.
  VirtualLoop(EventQueue& queue, std::uint64_t seed, Duration jitter);
  ~VirtualLoop() override;
  VirtualLoop(const VirtualLoop&) = delete;
  VirtualLoop& operator=(const VirtualLoop&) = delete;

  Time now() const override;
  Duration monotonic() const override { return queue_.now(); }
  void post(Callback callback) override;
  Timer after(Duration delay, Callback callback) override;
  void cancel(Timer timer) override;

  void hang();
  void resume();
  // Drops everything that waits, and everything that still comes until revive().
  void kill();
  void revive();
  bool dead() const { return dead_; }
  bool hanging() const { return hanging_; }
  // How far this machine's wall clock is ahead of the world's.
  void set_skew(Duration skew) { skew_ = skew; }

 private:
  friend class EventQueue;
  Timer add(Duration at, Callback callback);
  Duration jitter();

  EventQueue& queue_;
  SeededRandom random_;
  const Duration jitter_;
  Duration last_post_{}, skew_{};
  bool hanging_ = false, dead_ = false;
  std::map<Timer, Duration> waiting_;
  std::map<Timer, Callback> held_;  // due while hanging
};

}  // namespace muster::simulation
