#include "runtime/agent/readiness_probe.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace muster::agent {
namespace {

constexpr Duration first_interval = std::chrono::seconds(1);

// Docker's form of a command: {"CMD", ...} or {"CMD-SHELL", "..."}.
std::vector<std::string> command_of(const HealthCheck& check) {
  const std::vector<std::string>& test = check.command;
  if (test.size() >= 2 && test.front() == "CMD-SHELL") return {"/bin/sh", "-c", test[1]};
  return {test.begin() + (test.empty() ? 0 : 1), test.end()};
}

}  // namespace

ReadinessProbe::ReadinessProbe(Loop& loop, Exec exec, const HealthCheck& check,
                               std::function<void(bool ready)> on_verdict)
    : loop_(loop), exec_(std::move(exec)), check_(check), on_verdict_(std::move(on_verdict)), begun_(loop.monotonic()) {
  loop_.post(life_.guard([this] { run(); }));
}

ReadinessProbe::~ReadinessProbe() {
  loop_.cancel(timer_);
}

void ReadinessProbe::run() {
  timer_ = 0;
  drivers::ChannelCallbacks callbacks;
  callbacks.on_end = life_.guard([this](const Result<int>& end) { ended(end); });
  channel_ = exec_(command_of(check_), std::move(callbacks));
  if (channel_ == nullptr) return judge(true);
  timer_ = loop_.after(std::chrono::seconds(check_.timeout), life_.guard([this] {
    timer_ = 0;
    channel_.reset();
    judge(false);
    run_later();
  }));
}

void ReadinessProbe::ended(const Result<int>& end) {
  loop_.cancel(std::exchange(timer_, 0));
  // Not from inside its own callback.
  loop_.post([channel = std::shared_ptr<drivers::Channel>(std::move(channel_))] {});
  // An engine that does not answer says nothing about the container.
  if (end.ok() || end.error().code != Code::unavailable) judge(end.ok() && *end == 0);
  run_later();
}

void ReadinessProbe::judge(bool passed) {
  failures_ = passed ? 0 : failures_ + 1;
  has_passed_ = has_passed_ || passed;
  const bool starting = !has_passed_ && loop_.monotonic() - begun_ < std::chrono::seconds(check_.start_period);
  if (!passed && (starting || failures_ < std::max(1, check_.retries))) return;
  if (std::exchange(told_, true) && ready_ == passed) return;
  ready_ = passed;
  on_verdict_(ready_);
}

void ReadinessProbe::run_later() {
  const Duration interval = std::chrono::seconds(std::max(1, check_.interval));
  timer_ = loop_.after(has_passed_ ? interval : std::min(interval, first_interval), life_.guard([this] { run(); }));
}

}  // namespace muster::agent
