// What the tests of the store share: small objects, commits that are waited for, and a watcher that checks what it
// gets.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/base/text.h"
#include "api/types/builtin.h"
#include "runtime/store/store.h"
#include "tests/support/manual_loop.h"

namespace muster::store::testing {

inline ObjectPtr a_namespace(const std::string& name = "default") {
  auto ns = make<Namespace>();
  ns.metadata.name = name;
  return share(std::move(ns));
}

// The smallest object that can be written freely.
inline ObjectPtr a_lease(const std::string& name, const std::string& holder = "h") {
  auto lease = make<Lease>();
  lease.metadata.ns = "default";
  lease.metadata.name = name;
  lease.spec.holder_identity = holder;
  return share(std::move(lease));
}

// The stored lease with another holder, as an update of exactly this state.
inline Write held_by(const ObjectPtr& stored, const std::string& holder) {
  Lease lease = *as<Lease>(stored);
  lease.spec.holder_identity = holder;
  return update(share(std::move(lease)));
}

inline Batch batch_of(std::vector<Write> writes) {
  Batch batch;
  batch.writes = std::move(writes);
  batch.writer = "test";
  return batch;
}

inline std::string holder_of(const State& state, const std::string& name) {
  const auto lease = state.get<Lease>("default", name);
  return lease == nullptr ? "none" : lease->spec.holder_identity;
}

// Follows a store from one revision on with a state of its own, and checks that every commit leads from one state to
// the next as the store says.
class Follower {
 public:
  explicit Follower(State start) : state_(std::move(start)), revision_(state_.revision()) {}

  void take(const CommitPtr& commit) {
    if (commit == nullptr) {
      cut_ = true;
      return;
    }
    ASSERT_EQ(commit->changes.size(), commit->revisions.size());
    ASSERT_EQ(commit->changes.size(), commit->json.size());
    ASSERT_FALSE(commit->changes.empty());
    ASSERT_EQ(commit->state.revision(), commit->revisions.back());
    for (std::size_t i = 0; i < commit->changes.size(); ++i) {
      if (commit->revisions[i] <= revision_) continue;
      ASSERT_EQ(commit->revisions[i], revision_ + 1) << "a change is missing";
      revision_ = commit->revisions[i];
      apply(commit->changes[i], *commit->json[i]);
    }
    ++commits_;
    ASSERT_EQ(state_.size(), commit->state.size());
  }

  const State& state() const { return state_; }
  std::int64_t revision() const { return revision_; }
  int commits() const { return commits_; }
  bool cut() const { return cut_; }

 private:
  void apply(const Change& change, const std::string& json) {
    const ObjectPtr known = state_.find(key_of(change.object()));
    ASSERT_EQ(known == nullptr, change.before == nullptr);
    if (known != nullptr) {
      ASSERT_EQ(known->metadata.resource_version, change.before->metadata.resource_version);
    }
    const std::string version = str("\"resourceVersion\":\"", revision_, "\"");
    ASSERT_NE(json.find(version), std::string::npos) << json;
    if (change.after == nullptr) {
      state_.erase(key_of(*change.before));
    } else {
      ASSERT_EQ(change.after->metadata.resource_version, revision_);
      state_.put(change.after);
    }
    state_.set_revision(revision_);
  }

  State state_;
  std::int64_t revision_;
  int commits_ = 0;
  bool cut_ = false;
};

// A store on a virtual clock and an in-memory disk.
class World {
 public:
  explicit World(StoreOptions options = {}) : options_(options) { open(); }
  // Closes the store first; the disk stays.
  void open() {
    close();
    auto opened = Store::open(open_memory_log(disk_), loop_, random_, options_);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(opened).value();
    loop_.run_ready();
  }
  void close() { store_ = nullptr; }
  void lose_power() {
    crash(*disk_, random_);
    open();
  }

  Result<Committed> commit(Batch batch) {
    std::optional<Result<Committed>> answer;
    store_->commit(std::move(batch), [&](Result<Committed> result) { answer.emplace(std::move(result)); });
    loop_.run_ready();
    EXPECT_TRUE(answer.has_value());
    return answer ? std::move(*answer) : Result<Committed>(Error{Code::internal, "not answered", {}});
  }
  Result<Committed> commit(std::vector<Write> writes) { return commit(batch_of(std::move(writes))); }
  // Writes that must succeed.
  Committed must(std::vector<Write> writes) {
    Result<Committed> result = commit(std::move(writes));
    EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
    return result.ok() ? std::move(result).value() : Committed{};
  }
  Store& store() { return *store_; }
  muster::testing::ManualLoop& loop() { return loop_; }
  MemoryDisk& disk() { return *disk_; }
  StoreOptions& options() { return options_; }

 private:
  StoreOptions options_;
  muster::testing::ManualLoop loop_;
  SeededRandom random_{1};
  std::shared_ptr<MemoryDisk> disk_ = make_memory_disk();
  std::unique_ptr<Store> store_;
};

}  // namespace muster::store::testing
