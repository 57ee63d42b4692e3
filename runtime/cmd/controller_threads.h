// The controllers of this process, a thread for each: one that hangs holds up nobody else.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/loop.h"
#include "runtime/base/random.h"
#include "runtime/reconcile/runner.h"

namespace muster::cmd {

class ControllerThreads {
 public:
  ControllerThreads() = default;
  ~ControllerThreads() { stop(); }
  ControllerThreads(const ControllerThreads&) = delete;
  ControllerThreads& operator=(const ControllerThreads&) = delete;

  // `observer` makes the one of a controller's outcomes from its name; it may be empty. The objects must outlive
  // stop().
  void start(const std::vector<std::string>& names, store::Objects& objects,
             const std::function<std::function<void(const reconcile::Outcome&)>(const std::string& name)>& observer);
  // Ends the threads after what each is doing now. The loops stay until the end: what is posted to them is dropped.
  void stop();

 private:
  struct Worker {
    explicit Worker(const char* name) : loop(name) {}
    SystemRandom random;
    ThreadLoop loop;
    std::unique_ptr<reconcile::Runner> runner;
  };
  std::vector<std::unique_ptr<Worker>> workers_;
};

// "service,scheduler" -> exactly these; "-service,-scheduler" -> all but these; empty -> all. A mix of names with and
// without '-' is refused: it has two readings.
Result<std::vector<std::string>> choose_controllers(const std::string& text);

}  // namespace muster::cmd
