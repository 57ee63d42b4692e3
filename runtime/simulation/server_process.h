// The server as one process that can crash: the real store on a disk in memory, the real agents' hub, the real
// controllers in their real shell. Without HTTP.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/reconcile/runner.h"
#include "runtime/server/agents.h"
#include "runtime/simulation/checkers.h"
#include "runtime/simulation/virtual_network.h"
#include "runtime/store/store.h"

namespace muster::simulation {

// Places where a test puts a bug.
struct Sabotage {
  std::function<std::unique_ptr<Controller>(std::unique_ptr<Controller>)> controller;
  std::function<std::unique_ptr<store::Log>(std::unique_ptr<store::Log>)> log;
};

// When the power fails, as seen by the append that is under way.
enum class CrashPoint { none, before_append, after_append };

class ServerProcess {
 public:
  // All must outlive the process.
  ServerProcess(EventQueue& queue, VirtualNetwork& network, Checkers& checkers, std::shared_ptr<store::MemoryDisk> disk,
                std::uint64_t seed, const Sabotage& sabotage);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Starts it; tries again by itself when it cannot, as a service manager would.
  void boot();
  void crash(Ending ending);
  // The next append is the last thing this process does. The world asks crash_due() after each event.
  void crash_at_append(CrashPoint point) { crash_point_ = point; }
  bool crash_due() const { return crash_due_; }

  bool up() const { return store_ != nullptr; }
  // Agents and users are served.
  bool ready() const { return ready_; }
  State state() const { return store_ != nullptr ? store_->state() : State(); }
  // Only when ready. `done` may never come when the process crashes.
  void commit(store::Batch batch, std::function<void(Result<store::Committed>)> done);

  std::vector<std::string> controllers() const;
  void kill_controller(const std::string& name);
  void start_controller(const std::string& name);
  void hang_controller(const std::string& name);
  void resume_controller(const std::string& name);

 private:
  class Observed;
  class WatchedLog;
  struct ControllerProcess {
    std::unique_ptr<VirtualLoop> loop;
    std::unique_ptr<SeededRandom> random;
    std::unique_ptr<reconcile::Runner> runner;
  };

  bool open();
  void bootstrap();
  void begin();
  void serve();
  void give_up();
  void drop(Ending ending);

  VirtualNetwork& network_;
  Checkers& checkers_;
  std::shared_ptr<store::MemoryDisk> disk_;
  SeededRandom seeds_, numbers_;
  const Sabotage& sabotage_;
  VirtualLoop writer_, io_, service_manager_;
  std::map<std::string, ControllerProcess> controllers_;

  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Observed> objects_;
  std::unique_ptr<server::AgentHub> hub_;
  std::unique_ptr<store::Subscription> feed_;
  bool ready_ = false, crash_due_ = false;
  CrashPoint crash_point_ = CrashPoint::none;
};

}  // namespace muster::simulation
