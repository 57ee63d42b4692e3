// Which stopped tasks may go: those with a successor in their slot, and all of an owner that starts no more tasks. The
// newest task of a slot of a living owner stays, because the number of the next attempt is read from it.
#pragma once

#include <map>

#include "api/types/task.h"
#include "controllers/base/controller.h"
#include "controllers/cleanup/shelf.h"

namespace muster::cleanup {

// A fold of the commits.
class StoppedTasks {
 public:
  void start(const State& state, Keys& keys);
  void observe(const Change& change, const State& after, Keys& keys);
  // `key` is that of an owner, or of a task without one.
  void clear(const State& state, const Key& key, Time now, Plan& plan) const;

 private:
  void add(const Task& task, const Key& shelf, Keys& keys);
  void observe_task(const Change& change, const State& after, Keys& keys);
  void observe_owner(const Change& change, const State& after, Keys& keys);

  std::map<Key, Shelf> shelves_;
};

}  // namespace muster::cleanup
