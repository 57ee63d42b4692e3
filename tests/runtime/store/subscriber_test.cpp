// Proves the queue between writer and watcher: one post for many commits, merging, and the end of a watcher that is too
// slow.
#include "runtime/store/subscriber.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/runtime/store/store_support.h"

namespace muster::store::testing {
namespace {

CommitPtr a_commit(std::int64_t revision, std::size_t bytes = 10) {
  auto commit = std::make_shared<Commit>();
  commit->changes.push_back(Change{nullptr, a_lease("a")});
  commit->json.push_back(std::make_shared<const std::string>(bytes, 'x'));
  commit->revisions.push_back(revision);
  commit->state.set_revision(revision);
  return commit;
}

class SubscriberTest : public ::testing::Test {
 protected:
  std::shared_ptr<Subscriber> subscriber(std::size_t most_bytes = 1'000'000) {
    return std::make_shared<Subscriber>(
        loop_,
        [this](const CommitPtr& commit) {
          ++calls_;
          if (commit == nullptr) {
            cut_ = true;
            return;
          }
          for (const std::int64_t revision : commit->revisions) seen_.push_back(revision);
          EXPECT_EQ(commit->state.revision(), seen_.back());
        },
        most_bytes);
  }

  muster::testing::ManualLoop loop_;
  std::vector<std::int64_t> seen_;
  int calls_ = 0;
  bool cut_ = false;
};

TEST_F(SubscriberTest, the_past_comes_first) {
  const auto watcher = subscriber();
  watcher->offer(a_commit(3));  // between listing and start
  loop_.run_ready();
  EXPECT_TRUE(seen_.empty());
  watcher->start(a_commit(2));
  watcher->offer(a_commit(4));
  watcher->offer(a_commit(5));
  loop_.run_ready();
  EXPECT_EQ(seen_, (std::vector<std::int64_t>{2, 3, 4, 5}));
  EXPECT_EQ(calls_, 4);
}

TEST_F(SubscriberTest, waiting_commits_are_merged_in_order) {
  const auto watcher = subscriber();
  watcher->start(nullptr);
  for (std::int64_t revision = 1; revision <= 1'000; ++revision) watcher->offer(a_commit(revision));
  loop_.run_ready();
  ASSERT_EQ(seen_.size(), 1'000U);
  for (std::int64_t revision = 1; revision <= 1'000; ++revision)
    EXPECT_EQ(seen_[static_cast<std::size_t>(revision - 1)], revision);
  EXPECT_EQ(calls_, 3 + 1'000 % 256);
  watcher->offer(a_commit(1'001));
  loop_.run_ready();
  EXPECT_EQ(seen_.size(), 1'001U);
}

TEST_F(SubscriberTest, too_much_waiting_cuts_it_off_once) {
  const auto watcher = subscriber(100);
  watcher->start(nullptr);
  watcher->offer(a_commit(1, 60));
  loop_.run_ready();
  watcher->offer(a_commit(2, 60));  // what was delivered no longer counts
  EXPECT_FALSE(cut_);
  watcher->offer(a_commit(3, 60));
  watcher->offer(a_commit(4, 60));
  loop_.run_ready();
  EXPECT_TRUE(cut_);
  EXPECT_EQ(seen_, std::vector<std::int64_t>{1});
  EXPECT_EQ(calls_, 2);
  watcher->offer(a_commit(5));
  loop_.run_ready();
  EXPECT_EQ(calls_, 2);
}

TEST_F(SubscriberTest, a_dropped_one_is_not_called) {
  const auto watcher = subscriber();
  watcher->start(a_commit(1));
  watcher->drop();
  watcher->offer(a_commit(2));
  loop_.run_ready();
  EXPECT_EQ(calls_, 0);
  EXPECT_TRUE(watcher->dropped());
}

}  // namespace
}  // namespace muster::store::testing
