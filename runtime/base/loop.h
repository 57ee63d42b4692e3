// The seam for time and order of execution. Everything in runtime/ that waits or reacts is written as callbacks
// on a Loop: a real one runs on a thread, the simulation's runs on a virtual clock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "api/base/time.h"

namespace muster {

// Runs callbacks one at a time, in order. Callbacks own what they need; none runs after the loop has been destroyed.
class Loop {
 public:
  using Callback = std::function<void()>;
  using Timer = std::uint64_t;  // 0 is never a timer

  virtual ~Loop() = default;

  // Wall-clock time. In the simulation, virtual.
  virtual Time now() const = 0;
  // Never goes back; only differences mean anything.
  virtual Duration monotonic() const = 0;
  // Runs the callback soon, after what is already queued. From any thread.
  virtual void post(Callback callback) = 0;
  // Runs the callback after the delay. On the loop's own thread only.
  virtual Timer after(Duration delay, Callback callback) = 0;
  // The callback will not run; unknown and 0 are ignored. On the loop's own thread only.
  virtual void cancel(Timer timer) = 0;
};

// A loop with a thread of its own (a queue and a timer heap, no sockets).
class ThreadLoop final : public Loop {
 public:
  explicit ThreadLoop(const char* name);
  ~ThreadLoop() override;  // finishes the running callback, drops the rest, joins
  ThreadLoop(const ThreadLoop&) = delete;
  ThreadLoop& operator=(const ThreadLoop&) = delete;

  Time now() const override;
  Duration monotonic() const override;
  void post(Callback callback) override;
  Timer after(Duration delay, Callback callback) override;
  void cancel(Timer timer) override;
  // Ends the thread after the running callback; idempotent. Not from the loop's own thread.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Wall-clock time of this machine; the only reader of the system's clocks together with ThreadLoop and http::IoLoop.
Time system_now();
Duration system_monotonic();

}  // namespace muster
