// Proves the bounds of the window and what can be asked of it.
#include "runtime/store/window.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/runtime/store/store_support.h"

namespace muster::store::testing {
namespace {

ChangesPtr a_batch(std::int64_t first, std::int64_t last, std::size_t bytes = 10) {
  auto changes = std::make_shared<Changes>();
  for (std::int64_t revision = first; revision <= last; ++revision) {
    changes->changes.push_back(Change{nullptr, a_lease("a")});
    changes->json.push_back(std::make_shared<const std::string>(bytes, 'x'));
    changes->revisions.push_back(revision);
  }
  return changes;
}

TEST(Window, lets_go_of_whole_batches) {
  Window window(5, 1'000);
  window.begin_at(10);
  EXPECT_EQ(window.oldest(), 10);
  EXPECT_TRUE(window.add(a_batch(11, 13)).empty());
  EXPECT_TRUE(window.add(a_batch(14, 15)).empty());
  EXPECT_EQ(window.oldest(), 10);
  EXPECT_EQ(window.add(a_batch(16, 16)).size(), 1U);
  EXPECT_EQ(window.oldest(), 13);
  EXPECT_EQ(window.add(a_batch(17, 17, 2'000)).size(), 3U);
  EXPECT_EQ(window.oldest(), 17);
  EXPECT_TRUE(window.after(17).empty());
}

TEST(Window, answers_the_batches_with_a_change_after_a_revision) {
  Window window(100, 10'000);
  for (std::int64_t first = 1; first < 30; first += 3) window.add(a_batch(first, first + 2));
  EXPECT_EQ(window.after(0).size(), 10U);
  EXPECT_EQ(window.after(3).size(), 9U);
  EXPECT_EQ(window.after(4).size(), 9U) << "inside a batch: its rest";
  EXPECT_EQ(window.after(30).size(), 0U);
  State state;
  state.set_revision(30);
  const CommitPtr commit = commit_of(window.after(25), state);
  EXPECT_EQ(commit->revisions, (std::vector<std::int64_t>{25, 26, 27, 28, 29, 30}));
  EXPECT_EQ(commit->state.revision(), 30);
}

}  // namespace
}  // namespace muster::store::testing
