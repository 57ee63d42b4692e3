// Blocking calls of a Driver for tests: each posts to the driver's loop and waits for the answer.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "runtime/drivers/base/driver.h"
#include "tests/support/loop_thread.h"

namespace muster::testing {

class DriverCalls {
 public:
  DriverCalls(Loop& loop, std::unique_ptr<drivers::Driver> driver) : loop_(loop), driver_(std::move(driver)) {}
  ~DriverCalls() { drop(); }
  DriverCalls(const DriverCalls&) = delete;
  DriverCalls& operator=(const DriverCalls&) = delete;

  // Destroys the driver, as the end of an agent does.
  void drop() {
    on_loop(loop_, [this] { driver_.reset(); });
  }
  drivers::Driver& driver() { return *driver_; }
  Loop& loop() { return loop_; }

  Result<drivers::Info> info() {
    return wait_for<drivers::Info>(loop_, [this](auto done) { driver_->info(std::move(done)); });
  }
  Result<std::vector<drivers::ContainerState>> list(std::map<std::string, std::string> labels) {
    return wait_for<std::vector<drivers::ContainerState>>(
        loop_, [=, this](auto done) { driver_->list(labels, std::move(done)); });
  }
  Result<drivers::ContainerState> inspect(const std::string& name) {
    return wait_for<drivers::ContainerState>(loop_, [=, this](auto done) { driver_->inspect(name, std::move(done)); });
  }
  Result<drivers::Usage> usage(const std::string& name) {
    return wait_for<drivers::Usage>(loop_, [=, this](auto done) { driver_->usage(name, std::move(done)); });
  }
  Status pull(const std::string& image, std::function<void(const drivers::PullProgress&)> progress = nullptr,
              const drivers::RegistryAuth& auth = {}) {
    return wait_for<void>(loop_, [=, this](auto done) { driver_->pull(image, auth, progress, std::move(done)); });
  }
  Result<drivers::Image> image(const std::string& reference) {
    return wait_for<drivers::Image>(loop_, [=, this](auto done) { driver_->image(reference, std::move(done)); });
  }
  Result<std::string> resolve(const std::string& image, const drivers::RegistryAuth& auth = {}) {
    return wait_for<std::string>(loop_, [=, this](auto done) { driver_->resolve(image, auth, std::move(done)); });
  }
  Status tag(const std::string& image, const std::string& name) {
    return wait_for<void>(loop_, [=, this](auto done) { driver_->tag(image, name, std::move(done)); });
  }
  Result<std::vector<drivers::Image>> images() {
    return wait_for<std::vector<drivers::Image>>(loop_, [=, this](auto done) { driver_->images(std::move(done)); });
  }
  Status remove_image(const std::string& name) {
    return wait_for<void>(loop_, [=, this](auto done) { driver_->remove_image(name, std::move(done)); });
  }
  Status create(const drivers::ContainerConfig& config) {
    return wait_for<void>(loop_, [=, this](auto done) { driver_->create(config, std::move(done)); });
  }
  Status start(const std::string& name) {
    return wait_for<void>(loop_, [=, this](auto done) { driver_->start(name, std::move(done)); });
  }
  Status stop(const std::string& name, Duration grace) {
    return wait_for<void>(loop_, [=, this](auto done) { driver_->stop(name, grace, std::move(done)); });
  }
  Status remove(const std::string& name) {
    return wait_for<void>(loop_, [=, this](auto done) { driver_->remove(name, std::move(done)); });
  }
  // Inspects again and again until the condition holds; the last state seen, or the error of the inspect.
  Result<drivers::ContainerState> inspect_until(const std::string& name,
                                                const std::function<bool(const drivers::ContainerState&)>& condition) {
    const Duration end = system_monotonic() + patience;
    while (true) {
      Result<drivers::ContainerState> state = inspect(name);
      if (!state.ok() || condition(*state)) return state;
      if (system_monotonic() > end) return Error{Code::timeout, "the condition did not come true", {}};
      pause();
    }
  }
  Result<drivers::ContainerState> inspect_until_exited(const std::string& name) {
    return inspect_until(
        name, [](const drivers::ContainerState& state) { return state.phase == drivers::ContainerPhase::exited; });
  }
  // The whole log as "out:" and "err:" parts; with `follow` it ends when the container does.
  struct Log {
    std::string out;
    std::string err;
    std::string all;
  };
  Result<Log> logs(const std::string& name, drivers::LogOptions options) {
    auto log = std::make_shared<Log>();
    auto subscription = std::make_shared<std::unique_ptr<drivers::Subscription>>();
    const Status end = wait_for<void>(loop_, [=, this](drivers::DoneVoid done) {
      drivers::LogCallbacks callbacks;
      callbacks.on_bytes = [log](std::string_view bytes, bool is_stderr) {
        (is_stderr ? log->err : log->out) += bytes;
        log->all += bytes;
      };
      callbacks.on_end = std::move(done);
      *subscription = driver_->logs(name, options, std::move(callbacks));
    });
    on_loop(loop_, [&] { subscription->reset(); });
    if (!end.ok()) return end.error();
    return *log;
  }

 private:
  // Between two looks at a state that has no event of its own.
  void pause() {
    auto ended = std::make_shared<std::promise<void>>();
    std::future<void> end = ended->get_future();
    loop_.post([this, ended] { loop_.after(std::chrono::milliseconds(5), [ended] { ended->set_value(); }); });
    end.wait();
  }

  Loop& loop_;
  std::unique_ptr<drivers::Driver> driver_;
};

// Collects events; waits for one.
class EventLog {
 public:
  EventLog(DriverCalls& calls, std::map<std::string, std::string> labels) : loop_(calls.loop()) {
    on_loop(loop_, [&] {
      subscription_ = calls.driver().events(std::move(labels), [state = state_](const std::string& name) {
        const std::lock_guard<std::mutex> lock(state->mutex);
        state->names.push_back(name);
        state->arrived.notify_all();
      });
    });
  }
  ~EventLog() {
    on_loop(loop_, [this] { subscription_.reset(); });
  }
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  // True once more than `after` events have the name.
  bool wait_for(const std::string& name, std::size_t after = 0) {
    std::unique_lock<std::mutex> lock(state_->mutex);
    return state_->arrived.wait_for(lock, patience, [&] { return count_locked(name) > after; });
  }
  std::size_t count(const std::string& name) {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    return count_locked(name);
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable arrived;
    std::vector<std::string> names;
  };
  std::size_t count_locked(const std::string& name) const {
    return static_cast<std::size_t>(std::count(state_->names.begin(), state_->names.end(), name));
  }

  Loop& loop_;
  std::shared_ptr<State> state_ = std::make_shared<State>();
  std::unique_ptr<drivers::Subscription> subscription_;
};

}  // namespace muster::testing
