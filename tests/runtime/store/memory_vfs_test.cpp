// Proves that the in-memory disk loses power as a disk does: what was acknowledged is there afterwards, what was not
// may be lost or torn, and never does the log come back damaged.
#include "runtime/store/memory_vfs.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace muster::store {
namespace {

Row a_row(std::int64_t revision, std::string_view object) {
  Row row;
  row.revision = revision;
  row.batch = revision;
  row.kind = "tasks.muster.dev";
  row.name = "t";
  row.object = object;
  return row;
}

std::vector<std::int64_t> revisions_of(Log& log, std::size_t object_size) {
  std::vector<std::int64_t> out;
  const Status status = log.replay([&](const Row& row) -> Status {
    EXPECT_EQ(row.object, std::string(object_size, static_cast<char>('a' + row.revision % 26)));
    out.push_back(row.revision);
    return {};
  });
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
  return out;
}

TEST(MemoryFile, keeps_what_was_synced_and_tears_the_rest) {
  SeededRandom random(1);
  int lost = 0;
  int kept = 0;
  int torn = 0;
  for (int round = 0; round < 200; ++round) {
    MemoryFile file;
    const std::string synced(2'000, 's');
    file.write(0, synced.data(), synced.size());
    file.sync();
    const std::string later(2'000, 'l');
    file.write(1'000, later.data(), later.size());
    EXPECT_EQ(file.content.size(), 3'000U);
    file.crash(random);
    EXPECT_EQ(file.content.substr(0, 1'000), std::string(1'000, 's'));
    EXPECT_EQ(file.content, file.durable);
    if (file.content == synced) {
      ++lost;
    } else if (file.content == std::string(1'000, 's') + later) {
      ++kept;
    } else {
      ++torn;
    }
  }
  EXPECT_GT(lost, 20);
  EXPECT_GT(kept, 20);
  EXPECT_GT(torn, 20);
}

TEST(MemoryLog, an_acknowledged_append_survives_power_loss) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SeededRandom random(seed);
    const auto disk = make_memory_disk();
    std::int64_t acknowledged = 0;
    std::int64_t tried = 0;
    constexpr std::size_t size = 3'000;
    for (int life = 0; life < 6; ++life) {
      const auto log = open_memory_log(disk);
      const auto there = revisions_of(*log, size);
      // Without gaps, everything acknowledged, and nothing that was never written.
      for (std::size_t i = 0; i < there.size(); ++i) ASSERT_EQ(there[i], static_cast<std::int64_t>(i + 1));
      const auto last = static_cast<std::int64_t>(there.size());
      ASSERT_GE(last, acknowledged) << "seed " << seed << " life " << life;
      ASSERT_LE(last, tried) << "seed " << seed << " life " << life;
      acknowledged = tried = last;
      const std::uint64_t appends = 1 + random.next() % 30;
      for (std::uint64_t i = 0; i < appends; ++i) {
        // Sometimes the disk is full from the middle on; what failed may not come back either.
        const std::string object(size, static_cast<char>('a' + (tried + 1) % 26));
        if (random.next() % 8 == 0) {
          set_disk_full(*disk, true);
          const Status failed = log->append({a_row(tried + 1, object)}, {});
          ASSERT_FALSE(failed.ok());
          EXPECT_EQ(failed.error().code, Code::unavailable);
          EXPECT_NE(failed.error().message.find("the disk is full"), std::string::npos) << failed.error().message;
          set_disk_full(*disk, false);
        }
        ASSERT_TRUE(log->append({a_row(tried + 1, object)}, {}).ok());
        acknowledged = ++tried;
        if (random.next() % 4 == 0) {
          ASSERT_TRUE(log->maintain().ok());
        }
      }
      if (random.next() % 4 != 0) crash(*disk, random);
    }
  }
}

TEST(MemoryLog, a_dead_log_changes_nothing) {
  const auto disk = make_memory_disk();
  SeededRandom random(1);
  auto log = open_memory_log(disk);
  ASSERT_TRUE(log->append({a_row(1, "b")}, {}).ok());
  crash(*disk, random);
  EXPECT_FALSE(log->append({a_row(2, "c")}, {}).ok());
  const auto next = open_memory_log(disk);
  EXPECT_EQ(revisions_of(*next, 1), std::vector<std::int64_t>{1});
  log = nullptr;
  ASSERT_TRUE(next->append({a_row(2, "c")}, {}).ok());
  EXPECT_EQ(revisions_of(*next, 1).size(), 2U);
}

}  // namespace
}  // namespace muster::store
