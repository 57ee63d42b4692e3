// The objects of a server elsewhere, with the interface they have in the server's own process: a cache filled by lists
// and kept in step by the feed of commits, and batches sent to the server. It reconnects by itself, resumes from its
// revision, and lists again when that is no longer kept.
#pragma once

#include <functional>
#include <memory>

#include "runtime/base/random.h"
#include "runtime/client/cache.h"
#include "runtime/client/transport.h"
#include "runtime/store/objects.h"

namespace muster::client {

struct RemoteOptions {
  CacheOptions cache;
  std::size_t page = 250;  // objects of one page of a list
  Duration first_retry = std::chrono::milliseconds(50);
  Duration longest_retry = std::chrono::seconds(5);
  Duration silence = std::chrono::seconds(30);  // a feed without any sign of life for so long is given up
  Duration timeout = std::chrono::seconds(30);  // of a list's page, a batch, the head of the feed
  std::size_t held_batches = 10'000;            // waiting for the connection; more: Code::too_many
};

class RemoteObjects final : public store::Objects {
 public:
  // `loop` is the transport's; both references must outlive this.
  RemoteObjects(Loop& loop, std::unique_ptr<Transport> transport, Random& random, RemoteOptions options);
  // On the loop. Batches without an answer get Code::unavailable; they may have been committed.
  ~RemoteObjects() override;
  RemoteObjects(const RemoteObjects&) = delete;
  RemoteObjects& operator=(const RemoteObjects&) = delete;

  // Begins to connect. `ready` is called once, on the loop, when state() is the server's for the first time; before
  // that it is empty. On the loop.
  void start(std::function<void()> ready);
  // Whether the feed is connected and has caught up. On the loop.
  bool synced() const;

  State state() const override;
  // While there is no connection, a batch waits for it and is then answered Code::conflict, for it was made from a
  // state that has been left behind: look again. Code::unavailable: it may or may not have been committed.
  void commit(store::Batch batch, std::function<void(Result<store::Committed>)> done) override;
  Result<std::unique_ptr<store::Subscription>> subscribe(
      std::int64_t from, Loop& loop, std::function<void(const store::CommitPtr&)> callback) override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace muster::client
