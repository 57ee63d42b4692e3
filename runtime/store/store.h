// The store of this process: Log + State. One writer loop drains the queue, admits each batch in order, commits the
// group once, publishes the new state, and only then acknowledges and tells the watchers.
#pragma once

#include <memory>

#include "runtime/base/random.h"
#include "runtime/store/objects.h"

namespace muster::store {

struct StoreOptions {
  std::size_t group_batches = 512;             // most batches in one group
  std::size_t group_bytes = 8U << 20U;         // about; a group closes when it is passed
  std::size_t queue_batches = 20'000;          // more waiting: Code::too_many
  std::size_t window_changes = 20'000;         // kept for watchers that resume
  std::size_t window_bytes = 24U << 20U;       // ... their JSON
  std::size_t subscriber_bytes = 256U << 20U;  // JSON that waits for one subscriber's loop; more: it is cut off
  Duration history = std::chrono::hours(24);   // rows of superseded states are kept so long
  std::int64_t history_bytes = std::int64_t{1} << 30U;  // ... while the database is smaller than this
  Duration compact_interval = std::chrono::minutes(1);
};

struct StoreStats {
  std::int64_t commits = 0, groups = 0, rows = 0, conflicts = 0;
  Duration last_commit{};  // of the last group's append
  std::size_t queued = 0;
  std::int64_t size_bytes = 0;  // lately
  std::int64_t compacted_revision = 0;
};

class Store final : public Objects {
 public:
  // Replays the log. `writer` runs the commits and must outlive the store; `random` is used on it for uids.
  static Result<std::unique_ptr<Store>> open(std::unique_ptr<Log> log, Loop& writer, Random& random,
                                             StoreOptions options);
  // Batches still queued are answered Code::unavailable; waits for the group that is being committed. Not from a
  // callback of the store's own.
  ~Store() override;

  State state() const override;
  void commit(Batch batch, std::function<void(Result<Committed>)> done) override;
  Result<std::unique_ptr<Subscription>> subscribe(std::int64_t from, Loop& loop,
                                                  std::function<void(const CommitPtr&)> callback) override;
  // The oldest revision a subscription may still resume from.
  std::int64_t oldest_resumable() const;
  StoreStats stats() const;
  // Called on the writer's loop after each group: how long admission + encoding and the log's append took, and the
  // rows.
  void on_group(std::function<void(Duration prepare, Duration append, std::size_t rows)> observer);

 private:
  struct Impl;
  explicit Store(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace muster::store
