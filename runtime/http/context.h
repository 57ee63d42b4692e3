// The inside of IoLoop, for the .cpp files of this folder: the only header that lets Asio in.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/base/timer_queue.h"
#include "runtime/http/io_loop.h"

namespace muster::http {

struct IoLoop::Context {
  Context() : io(1), alarm(io) {}  // 1: one thread runs it

  boost::asio::io_context io;

  // Strictly first in, first out, also between threads; Asio's own queue is not.
  std::mutex mutex;
  std::deque<Callback> queue;
  bool drain_posted = false;
  std::deque<Callback> batch;  // the turn that is running; the loop's thread only
  void post_drain();
  void drain();

  TimerQueue timers;
  boost::asio::steady_timer alarm;
  Duration alarm_at = Duration::max();  // max: not set
  void set_alarm();
  void ring();

  struct Signals;
  std::vector<std::shared_ptr<Signals>> signals;
};

}  // namespace muster::http
