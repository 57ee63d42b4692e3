// The readiness check of one run of a container: a command in it, again and again.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/types/task_definition.h"
#include "runtime/base/life.h"
#include "runtime/base/loop.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

class ReadinessProbe {
 public:
  // Runs a command in the container; null where the driver cannot.
  using Exec = std::function<std::unique_ptr<drivers::Channel>(std::vector<std::string> command,
                                                               drivers::ChannelCallbacks callbacks)>;

  // Begins at once. `on_verdict` is called from the loop when the verdict changes: READY after a check that passed, not
  // ready after as many in a row as the check's `retries` that did not. Until the first passes it is asked every second
  // (or more often, where its interval says so); failures within the start period do not count. A driver that cannot
  // run commands is taken at its word that the container runs.
  ReadinessProbe(Loop& loop, Exec exec, const HealthCheck& check, std::function<void(bool ready)> on_verdict);
  ~ReadinessProbe();
  ReadinessProbe(const ReadinessProbe&) = delete;
  ReadinessProbe& operator=(const ReadinessProbe&) = delete;

 private:
  void run();
  void ended(const Result<int>& end);
  void judge(bool passed);
  void run_later();

  Loop& loop_;
  Exec exec_;
  const HealthCheck check_;
  std::function<void(bool ready)> on_verdict_;
  const Duration begun_;  // monotonic
  std::unique_ptr<drivers::Channel> channel_;
  Loop::Timer timer_ = 0;
  int failures_ = 0;  // in a row
  bool has_passed_ = false, ready_ = false, told_ = false;
  Life life_;
};

}  // namespace muster::agent
