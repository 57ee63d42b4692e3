// A thread that waits until descriptors become readable and tells the loop: processes that end (pidfd) and pipes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>

#include "runtime/base/loop.h"
#include "runtime/drivers/process/file.h"

namespace muster::drivers {

class Watcher {
 public:
  using Id = std::uint64_t;
  using Callback = std::function<void(Descriptor descriptor)>;

  explicit Watcher(Loop& loop);
  ~Watcher();  // joins; no callback follows
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  // Owns the descriptor until it is readable or has hung up, then hands it back once, on the loop. On the loop's
  // thread.
  Id watch(Descriptor descriptor, Callback callback);
  // Closes the descriptor; the callback will not run.
  void forget(Id id);

 private:
  struct Waiting {
    Descriptor descriptor;
    Callback callback;
  };
  void ready(Id id);
  void run();

  Loop& loop_;
  Descriptor poll_;
  Descriptor stop_;
  std::map<Id, Waiting> waiting_;  // only touched on the loop's thread
  Id next_ = 1;                    // 0 is the stop descriptor
  std::shared_ptr<Watcher*> self_ = std::make_shared<Watcher*>(this);
  std::thread thread_;
};

}  // namespace muster::drivers
