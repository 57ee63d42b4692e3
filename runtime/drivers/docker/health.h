// Runs the health checks of Podman's containers where nobody else does: Podman has systemd's timers run them, and makes
// none on a host without systemd. For this folder only.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "runtime/drivers/docker/engine.h"

namespace muster::drivers::docker {

class HealthChecks {
 public:
  enum class Timers { of_systemd, none };
  // Of this host.
  static Timers host_timers();

  HealthChecks(std::shared_ptr<Engine> engine, Timers timers) : engine_(std::move(engine)), timers_(timers) {}
  ~HealthChecks();
  HealthChecks(const HealthChecks&) = delete;
  HealthChecks& operator=(const HealthChecks&) = delete;

  // What a container was seen to be: while it runs its check is run too. Podman tells the verdict as its own.
  void seen(const Inspected& container);
  void forget(const std::string& name);

 private:
  void wait(const std::string& name);
  void run(const std::string& name);

  struct Check {
    Duration interval{};
    Loop::Timer timer = 0;
  };
  std::shared_ptr<Engine> engine_;
  const Timers timers_;
  std::map<std::string, Check> checks_;
  std::shared_ptr<Life> life_ = std::make_shared<Life>();
};

}  // namespace muster::drivers::docker
