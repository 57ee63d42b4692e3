// One machine with an engine and an agent. The engine's containers outlive the agent's process, and die with the power.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/agent/agent.h"
#include "runtime/drivers/simulated/simulated.h"
#include "runtime/simulation/virtual_network.h"

namespace muster::simulation {

class Host {
 public:
  using Started = std::function<void(const std::string& instance, const std::string& container)>;
  // The queue and the network outlive the host. `folder` is where the agent keeps its data, empty: nowhere. The agent
  // is not started yet.
  Host(EventQueue& queue, VirtualNetwork& network, std::string name, std::uint64_t seed, std::string folder,
       Started started);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  const std::string& name() const { return name_; }
  drivers::SimulatedEngine& engine() { return *engine_; }
  const drivers::SimulatedEngine& engine() const { return *engine_; }
  // Null when its process does not run.
  const agent::Agent* agent() const { return agent_.get(); }
  bool hanging() const { return agent_loop_.hanging(); }
  bool powered() const { return powered_; }

  void start_agent();
  void crash_agent();
  void hang_agent() { agent_loop_.hang(); }
  void resume_agent() { agent_loop_.resume(); }
  // A planned end: says `away` and goes.
  void stop_agent(Duration hold);
  void power_off();
  // Boots: the containers of before have exited; the agent starts.
  void power_on();
  void set_skew(Duration skew);

 private:
  VirtualNetwork& network_;
  const std::string name_, folder_;
  SeededRandom seeds_, numbers_;
  VirtualLoop engine_loop_, agent_loop_;
  std::shared_ptr<drivers::SimulatedEngine> engine_;
  std::unique_ptr<agent::Agent> agent_;
  bool powered_ = true, ending_ = false;
};

}  // namespace muster::simulation
