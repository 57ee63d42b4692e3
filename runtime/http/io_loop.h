// A Loop on an Asio context: what sockets of this folder run on. One thread runs it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "runtime/base/loop.h"

namespace muster::http {

class IoLoop final : public Loop {
 public:
  IoLoop();
  ~IoLoop() override;
  IoLoop(const IoLoop&) = delete;
  IoLoop& operator=(const IoLoop&) = delete;

  Time now() const override;
  Duration monotonic() const override;
  void post(Callback callback) override;
  Timer after(Duration delay, Callback callback) override;
  void cancel(Timer timer) override;

  // Runs callbacks until stop(); returns on the calling thread.
  void run();
  // From any thread and from signal_callback; run() returns after the current callback.
  void stop();
  // Calls back on the loop when one of the signals arrives (SIGTERM, SIGINT, SIGHUP). Again for each arrival.
  void on_signals(const std::vector<int>& signals, std::function<void(int)> callback);

  struct Context;  // the Asio context; defined in context.h, for this folder only
  Context& context() { return *context_; }

 private:
  std::unique_ptr<Context> context_;
};

}  // namespace muster::http
