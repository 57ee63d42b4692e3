// Requests that change an object by what it is take turns, object by object: each computes its change from what the one
// before it made, so that they do not fail for each other (Kubernetes retries such an update until it goes through).
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "api/state/state.h"
#include "runtime/base/loop.h"

namespace muster::server {

// On the loop only.
class Turns : public std::enable_shared_from_this<Turns> {
 public:
  explicit Turns(Loop& loop) : loop_(loop) {}

  // Whoever holds it has the object's turn; the next one comes when the last copy is dropped.
  using Turn = std::shared_ptr<void>;
  // Calls `run` with a turn: now when nobody has it, else when it is given back. Nobody is called any more after the
  // Turns are gone. False when too many wait already: they hold what others could be served with.
  bool enter(const Key& object, std::function<void(Turn turn)> run);

 private:
  Turn turn_of(const Key& object);
  void next(const Key& object);

  Loop& loop_;
  // Those who wait; an object without an entry has nobody at work.
  std::map<Key, std::deque<std::function<void(Turn)>>> waiting_;
};

}  // namespace muster::server
