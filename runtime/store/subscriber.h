// The way of commits to one watcher: a queue that is emptied on the watcher's loop.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/base/loop.h"
#include "runtime/store/objects.h"

namespace muster::store {

class Subscriber : public std::enable_shared_from_this<Subscriber> {
 public:
  using Callback = std::function<void(const CommitPtr&)>;
  // `most_bytes` of JSON may wait; more, and the watcher is cut off.
  Subscriber(Loop& loop, Callback callback, std::size_t most_bytes);

  // Puts what happened before it was listed in front of what has been offered since, and lets the first delivery go.
  void start(CommitPtr past);
  // From the writer. One post to the loop, however many commits.
  void offer(const CommitPtr& commit);
  // What follows cannot be told in commits: the watcher is called back without one, for the last time.
  void cut();
  // No callback runs after this, nor is anything posted to the loop. On the loop.
  void drop();
  bool dropped() const { return dropped_; }

 private:
  void add(const CommitPtr& commit);  // these are called with the mutex held
  void post();
  void deliver();  // on the loop

  Loop& loop_;
  const Callback callback_;
  const std::size_t most_bytes_;
  std::atomic<bool> dropped_ = false;
  std::mutex mutex_;  // guards everything below
  std::vector<CommitPtr> pending_;
  std::size_t single_ = 0;  // so many at the end of pending_ are not merged yet
  std::size_t bytes_ = 0;
  bool started_ = false;
  bool posted_ = false;
  bool cut_ = false;
};

}  // namespace muster::store
