#include "runtime/base/loop.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "api/base/assert.h"
#include "runtime/base/timer_queue.h"

namespace muster {

Time system_now() {
  return Time(std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch()));
}

Duration system_monotonic() {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

struct ThreadLoop::State {
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Callback> queue;
  TimerQueue timers;
  bool stopping = false;
  std::thread thread;

  void run() {
    std::unique_lock lock(mutex);
    while (!stopping) {
      run_queue(lock);
      run_timers(lock);
      if (stopping || !queue.empty()) continue;
      const std::optional<Duration> deadline = timers.earliest();
      if (!deadline) {
        wake.wait(lock);
      } else if (*deadline > system_monotonic()) {
        wake.wait_until(lock, std::chrono::steady_clock::time_point(*deadline));
      }
    }
  }

  // What was queued when the turn began; what these callbacks queue waits for the timers that are due.
  void run_queue(std::unique_lock<std::mutex>& lock) {
    std::deque<Callback> batch = std::exchange(queue, {});
    while (!batch.empty() && !stopping) {
      Callback callback = std::move(batch.front());
      batch.pop_front();
      call(lock, std::move(callback));
    }
    if (!batch.empty()) {
      // Stopped in the middle: destroyed together with the rest, outside the lock.
      for (Callback& later : queue) batch.push_back(std::move(later));
      queue = std::move(batch);
    }
  }

  void run_timers(std::unique_lock<std::mutex>& lock) {
    const Duration now = system_monotonic();
    while (!stopping) {
      Callback callback = timers.take_due(now);
      if (!callback) return;
      call(lock, std::move(callback));
    }
  }

  static void call(std::unique_lock<std::mutex>& lock, Callback callback) {
    lock.unlock();
    callback();
    callback = nullptr;  // what it owns may use the loop while it dies
    lock.lock();
  }
};

ThreadLoop::ThreadLoop(const char* name) : state_(std::make_unique<State>()) {
  state_->thread = std::thread([state = state_.get()] { state->run(); });
  const std::string short_name = std::string(name).substr(0, 15);  // the kernel's limit
  pthread_setname_np(state_->thread.native_handle(), short_name.c_str());
}

ThreadLoop::~ThreadLoop() {
  stop();
}

Time ThreadLoop::now() const {
  return system_now();
}
Duration ThreadLoop::monotonic() const {
  return system_monotonic();
}

void ThreadLoop::post(Callback callback) {
  const std::lock_guard lock(state_->mutex);
  if (state_->stopping) return;
  state_->queue.push_back(std::move(callback));
  if (state_->queue.size() == 1) state_->wake.notify_one();
}

Loop::Timer ThreadLoop::after(Duration delay, Callback callback) {
  const Duration now = system_monotonic();
  const Duration deadline = delay < Duration::max() - now ? now + std::max(delay, Duration{0}) : Duration::max() / 2;
  const std::lock_guard lock(state_->mutex);
  if (state_->stopping) return 0;
  const Timer timer = state_->timers.add(deadline, std::move(callback));
  state_->wake.notify_one();
  return timer;
}

void ThreadLoop::cancel(Timer timer) {
  Callback dropped;  // destroyed after the lock is released
  const std::lock_guard lock(state_->mutex);
  dropped = state_->timers.cancel(timer);
}

void ThreadLoop::stop() {
  MUSTER_ASSERT(std::this_thread::get_id() != state_->thread.get_id());
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->wake.notify_one();
  }
  if (!state_->thread.joinable()) return;
  state_->thread.join();
  // No thread adds any more. Destructors may still call post() and cancel(), so they run without the lock.
  std::deque<Callback> queue;
  TimerQueue timers;
  {
    const std::lock_guard lock(state_->mutex);
    queue.swap(state_->queue);
    std::swap(timers, state_->timers);
  }
}

}  // namespace muster
