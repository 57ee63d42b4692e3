// How many operations of a sort an agent does at once. More starts than cores would only make each of them slower;
// stops mostly wait and must never wait for starts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "runtime/base/loop.h"

namespace muster::agent {

class Lane {
 public:
  enum class Priority { urgent, normal };
  using Ticket = std::uint64_t;  // 0 is never a ticket

  // Held for as long as the operation goes on; dropping it lets the next one in.
  class Pass;
  using Job = std::function<void(std::shared_ptr<Pass> pass)>;

  Lane(Loop& loop, std::size_t width);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // Runs the job at once when there is room (the answer is then 0), otherwise in its turn from the loop.
  Ticket enter(Priority priority, Job job);
  // The job will not run; unknown tickets and 0 are ignored.
  void leave(Ticket ticket);
  std::size_t waiting() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

struct Lanes {
  Lanes(Loop& loop, std::size_t cores) : starts(loop, cores), stops(loop, 256), removals(loop, cores) {}
  Lane starts, stops, removals;
};

}  // namespace muster::agent
