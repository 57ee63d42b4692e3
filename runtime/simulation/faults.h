// What goes wrong in a simulated world. Each seed draws its own mix: which faults there are at all, how often each
// comes, how long it lasts (swarm testing: rare combinations need that most others are off).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/base/random.h"
#include "runtime/simulation/world.h"

namespace muster::simulation {

enum class Fault {
  server_crash,
  server_crash_in_append,
  controller_kill,
  controller_hang,
  agent_crash,
  agent_hang,
  agent_away,
  host_crash,
  partition,
  connection_cut,
  slow_network,
  engine_outage,
  container_crash,
  out_of_memory,
  unhealthy,
  pull_error,
  start_error,
  disk_full,
  clock_jump,
};
inline constexpr std::size_t fault_count = static_cast<std::size_t>(Fault::clock_jump) + 1;

class Faults {
 public:
  Faults(World& world, std::uint64_t seed);

  // Makes one fault happen; its end is in the world's queue.
  void strike();
  // Everything is well from now on. Ends of faults that still come do nothing.
  void stop();

 private:
  void server(Fault fault);
  void controller(Fault fault);
  void agent(Fault fault, Host& host);
  void network(Fault fault, Host& host);
  void container(Fault fault, Host& host);
  void image(Fault fault, Host& host);
  void full_disk();
  void clock_jump(Host& host);
  // Calls `end` when the fault is over.
  void later(Duration length, std::function<void()> end);

  World& world_;
  SeededRandom random_;
  std::vector<std::int64_t> weights_;
  Duration longest_;
  bool stopped_ = false;
};

}  // namespace muster::simulation
