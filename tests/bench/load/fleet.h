// Simulated hosts with real agents, in this process, on one loop of its own.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace muster::bench {

class Fleet {
 public:
  // Agents sim-0, sim-1 ... dial `url`. They are connecting when this returns.
  Fleet(const std::string& url, std::size_t agents);
  // At once, as if all hosts lost power.
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  struct Totals {
    std::size_t synced = 0;  // agents that the server has told everything
    std::size_t running = 0;
    std::size_t stopped = 0;
  };
  Totals totals() const;
  // The first `count` hosts lose power.
  void kill(std::size_t count);
  double cpu_seconds() const;  // of the loop's thread

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace muster::bench
