#include "runtime/http/io_loop.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "runtime/http/context.h"

namespace muster::http {

namespace asio = boost::asio;

struct IoLoop::Context::Signals : std::enable_shared_from_this<Signals> {
  Signals(asio::io_context& io, std::function<void(int)> on_signal) : set(io), callback(std::move(on_signal)) {}
  void wait() {
    set.async_wait([self = shared_from_this()](const boost::system::error_code& error, int number) {
      if (error) return;
      self->wait();
      self->callback(number);
    });
  }

  asio::signal_set set;
  std::function<void(int)> callback;
};

void IoLoop::Context::post_drain() {
  asio::post(io, [this] { drain(); });
}

void IoLoop::Context::drain() {
  if (batch.empty()) {
    const std::lock_guard lock(mutex);
    batch.swap(queue);
    drain_posted = false;
  }
  while (!batch.empty() && !io.stopped()) {
    Callback callback = std::move(batch.front());
    batch.pop_front();
    callback();
  }
  if (batch.empty()) return;
  const std::lock_guard lock(mutex);  // stopped in the middle: goes on if the loop is run again
  drain_posted = true;
  post_drain();
}

void IoLoop::Context::set_alarm() {
  const std::optional<Duration> earliest = timers.earliest();
  if (!earliest || *earliest >= alarm_at) return;  // an alarm that rings too early does no harm
  alarm_at = *earliest;
  alarm.expires_at(asio::steady_timer::time_point(alarm_at));
  alarm.async_wait([this](const boost::system::error_code& error) {
    if (!error) ring();
  });
}

void IoLoop::Context::ring() {
  alarm_at = Duration::max();
  const Duration now = system_monotonic();
  while (!io.stopped()) {
    const Callback callback = timers.take_due(now);
    if (!callback) break;
    callback();
  }
  set_alarm();
}

IoLoop::IoLoop() : context_(std::make_unique<Context>()) {}

IoLoop::~IoLoop() {
  // Callbacks may own sockets and call back into the loop while they die: as long as everything is still there.
  context_->signals.clear();
  context_->timers.clear();
  context_->batch.clear();
  while (true) {
    std::deque<Callback> rest;
    const std::lock_guard lock(context_->mutex);
    context_->drain_posted = true;
    if (context_->queue.empty()) break;
    rest.swap(context_->queue);
  }
}

Time IoLoop::now() const {
  return system_now();
}
Duration IoLoop::monotonic() const {
  return system_monotonic();
}

void IoLoop::post(Callback callback) {
  const std::lock_guard lock(context_->mutex);
  context_->queue.push_back(std::move(callback));
  if (std::exchange(context_->drain_posted, true)) return;
  context_->post_drain();
}

Loop::Timer IoLoop::after(Duration delay, Callback callback) {
  const Duration now = system_monotonic();
  const Duration deadline = delay < Duration::max() - now ? now + std::max(delay, Duration{0}) : Duration::max() / 2;
  const Timer timer = context_->timers.add(deadline, std::move(callback));
  context_->set_alarm();
  return timer;
}

void IoLoop::cancel(Timer timer) {
  const Callback dropped = context_->timers.cancel(timer);
}

void IoLoop::run() {
  {
    const auto work = asio::make_work_guard(context_->io);
    context_->io.run();
  }
  context_->io.restart();
}

void IoLoop::stop() {
  context_->io.stop();
}

void IoLoop::on_signals(const std::vector<int>& numbers, std::function<void(int)> callback) {
  auto signals = std::make_shared<Context::Signals>(context_->io, std::move(callback));
  for (const int number : numbers) {
    boost::system::error_code error;
    signals->set.add(number, error);
  }
  signals->wait();
  context_->signals.push_back(std::move(signals));
}

}  // namespace muster::http
