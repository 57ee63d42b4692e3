// A State that follows a server's, and those who watch it: the reading half of store::Objects.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/store/subscriber.h"
#include "runtime/store/window.h"

namespace muster::client {

struct CacheOptions {
  std::size_t window_changes = 20'000;  // kept for watchers that resume
  std::size_t window_bytes = 24U << 20U;
  std::size_t subscriber_bytes = 256U << 20U;  // JSON that waits for one subscriber's loop; more: it is cut off
};

// state() and subscribe() from any thread; the others from one thread, the loop's.
class Cache {
 public:
  explicit Cache(CacheOptions options) : options_(options), window_(options.window_changes, options.window_bytes) {}

  State state() const;
  // As store::Objects has it.
  Result<std::unique_ptr<store::Subscription>> subscribe(std::int64_t from, Loop& loop,
                                                         std::function<void(const store::CommitPtr&)> callback);

  // A state that does not follow from the last one by known commits: all subscribers are cut off and begin again.
  void replace(State state);
  // The next commit; its revisions are greater than the state's.
  void apply(const store::CommitPtr& commit);

 private:
  const CacheOptions options_;
  mutable std::mutex mutex_;  // guards everything below
  State state_;
  store::Window window_;
  std::vector<std::weak_ptr<store::Subscriber>> subscribers_;
};

}  // namespace muster::client
