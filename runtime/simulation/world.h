// A whole cluster in one thread on a virtual clock: a server, hosts with agents and engines, a network between them.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/simulation/checkers.h"
#include "runtime/simulation/host.h"
#include "runtime/simulation/server_process.h"
#include "runtime/simulation/virtual_network.h"

namespace muster::simulation {

class World {
 public:
  // `sabotage` outlives the world. Agents keep their data below `folder`; empty: they have none.
  World(std::uint64_t seed, std::int64_t hosts, const std::string& folder, const Sabotage& sabotage);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Lets time pass; ends early on a violation.
  void run_for(Duration time);
  // Calls `action` after the delay, in the order of the world's events.
  void after(Duration delay, std::function<void()> action);
  // For people, with the world's time; also part of the hash.
  void note(const std::string& text);
  // Called with every note as it comes.
  void on_note(std::function<void(const std::string& line)> callback) { on_note_ = std::move(callback); }
  const std::deque<std::string>& notes() const { return notes_; }  // the last ones

  // Notes every object that the store has, for the one who replays a seed that fails.
  void note_state();
  // Why the cluster is not as its users want it; empty when it is.
  std::string unsettled() const;
  bool failed() const { return !checkers.violation().empty(); }
  Duration now() const { return queue_.now(); }
  std::uint64_t steps() const { return queue_.steps(); }
  // Of all notes and commits so far: two runs of one seed must agree.
  std::uint64_t hash() const;
  Host* host(const std::string& instance) const;

 private:
  EventQueue queue_;
  SeededRandom seeds_;
  VirtualLoop events_;
  std::uint64_t notes_hash_ = 0;
  std::deque<std::string> notes_;
  std::function<void(const std::string& line)> on_note_;

 public:
  Checkers checkers;
  VirtualNetwork network;
  std::shared_ptr<store::MemoryDisk> disk;
  ServerProcess server;
  std::vector<std::unique_ptr<Host>> hosts;
};

}  // namespace muster::simulation
