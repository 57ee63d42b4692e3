// What every log must do, whatever it is made of: the same cases over SQLite on disk and over the in-memory disk.
#include "runtime/store/log.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/seal/sealed_log.h"
#include "tests/support/temp_dir.h"

namespace muster::store {
namespace {

// A place for one log, which can be opened again and again.
class Place {
 public:
  virtual ~Place() = default;
  virtual Result<std::unique_ptr<Log>> open() = 0;
};

class DiskPlace final : public Place {
 public:
  Result<std::unique_ptr<Log>> open() override { return open_sqlite_log(folder_ / "store.db"); }

 private:
  muster::testing::TempDir folder_;
};

class MemoryPlace final : public Place {
 public:
  Result<std::unique_ptr<Log>> open() override { return open_memory_log(disk_); }

 private:
  std::shared_ptr<MemoryDisk> disk_ = make_memory_disk();
};

// Most of what is written here is no Secret and passes; tests/runtime/seal has what is sealed.
class SealedPlace final : public Place {
 public:
  Result<std::unique_ptr<Log>> open() override {
    TRY(auto log, open_sqlite_log(folder_ / "store.db"));
    return seal::seal_log_by_file(std::move(log), folder_ / "keys/secrets.key", random_, seal::Rotation::new_key);
  }

 private:
  muster::testing::TempDir folder_;
  SystemRandom random_;
};

struct Kind {
  const char* name;
  std::unique_ptr<Place> (*make)();
};

struct Seen {
  std::int64_t revision, batch, time;
  std::string kind, ns, name, object;
  bool deleted;
  bool operator==(const Seen&) const = default;
};

Row a_row(std::int64_t revision, std::string_view object = "{}") {
  Row row;
  row.revision = revision;
  row.batch = revision;
  row.time = Time(Duration(revision * 1'000));
  row.kind = "tasks.muster.dev";
  row.ns = "default";
  row.name = "t";
  row.object = object;
  return row;
}

std::vector<Seen> rows_of(Log& log) {
  std::vector<Seen> out;
  const Status status = log.replay([&](const Row& row) -> Status {
    out.push_back({row.revision, row.batch, row.time.time_since_epoch().count(), std::string(row.kind),
                   std::string(row.ns), std::string(row.name), std::string(row.object), row.deleted});
    return {};
  });
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
  return out;
}

std::vector<std::int64_t> revisions_of(Log& log) {
  std::vector<std::int64_t> out;
  for (const Seen& row : rows_of(log)) out.push_back(row.revision);
  return out;
}

using Revisions = std::vector<std::int64_t>;

class LogTest : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    log_ = nullptr;
    auto opened = place_->open();
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    log_ = std::move(opened).value();
  }
  void append(const std::vector<Row>& rows) {
    const Status status = log_->append(rows, {});
    ASSERT_TRUE(status.ok()) << status.error().message;
  }

  std::unique_ptr<Place> place_ = GetParam().make();
  std::unique_ptr<Log> log_;
};

TEST_P(LogTest, is_empty_at_first) {
  EXPECT_TRUE(rows_of(*log_).empty());
  EXPECT_EQ(log_->compacted(), 0);
  EXPECT_EQ(*log_->read_value("cluster-id"), "");
}

TEST_P(LogTest, gives_back_what_was_appended) {
  Row odd = a_row(7);
  odd.batch = 8;
  odd.time = Time(Duration(-5));
  odd.ns = "";
  odd.name = "x y\xc3\xa9";
  odd.deleted = true;
  const std::string large(3 << 20, 'x');
  append({a_row(1), a_row(2, R"({"a":"b"})")});
  append({odd, a_row(8, large)});
  const std::vector<Seen> expected{
      {1, 1, 1'000, "tasks.muster.dev", "default", "t", "{}", false},
      {2, 2, 2'000, "tasks.muster.dev", "default", "t", R"({"a":"b"})", false},
      {7, 8, -5, "tasks.muster.dev", "", "x y\xc3\xa9", "{}", true},
      {8, 8, 8'000, "tasks.muster.dev", "default", "t", large, false},
  };
  EXPECT_EQ(rows_of(*log_), expected);
  reopen();
  EXPECT_EQ(rows_of(*log_), expected);
}

TEST_P(LogTest, rewrites_the_objects_of_rows_all_or_nothing) {
  Row secret = a_row(3, R"({"s":1})");
  secret.kind = "secrets";
  append({a_row(1), a_row(2), secret});
  secret.object = R"({"s":2})";
  ASSERT_TRUE(log_->rewrite({a_row(1, R"({"a":1})"), secret}).ok());
  const Status missing = log_->rewrite({a_row(2, R"({"a":2})"), a_row(4)});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, Code::not_found);
  reopen();
  std::vector<std::string> objects;
  for (const Seen& row : rows_of(*log_)) objects.push_back(row.object);
  EXPECT_EQ(objects, (std::vector<std::string>{R"({"a":1})", "{}", R"({"s":2})"}));
}

TEST_P(LogTest, appends_all_or_nothing) {
  append({a_row(1)});
  EXPECT_FALSE(log_->append({a_row(2), a_row(1)}, {}).ok());  // the second revision exists
  EXPECT_EQ(revisions_of(*log_), Revisions{1});
  append({a_row(2)});
  EXPECT_EQ(revisions_of(*log_), (Revisions{1, 2}));
  append({});
}

TEST_P(LogTest, takes_a_journal_with_and_without_rows) {
  JournalRow decision;
  decision.revision = 3;
  decision.controller = "service";
  decision.key = "service/default/web";
  decision.build = "b";
  decision.seed = ~std::uint64_t{0};
  decision.plan_hash = std::uint64_t{1} << 63U;
  EXPECT_TRUE(log_->append({}, {decision, decision}).ok());
  EXPECT_TRUE(log_->append({a_row(1)}, {decision}).ok());
  EXPECT_EQ(revisions_of(*log_), Revisions{1});
}

TEST_P(LogTest, compacts_the_rows_it_is_told) {
  append({a_row(1), a_row(2), a_row(3), a_row(4)});
  ASSERT_TRUE(log_->compact({1, 3}, 4, {}).ok());
  EXPECT_EQ(revisions_of(*log_), (Revisions{2, 4}));
  EXPECT_EQ(log_->compacted(), 4);
  ASSERT_TRUE(log_->compact({2}, 2, {}).ok());
  EXPECT_EQ(log_->compacted(), 4) << "the horizon never goes back";
  ASSERT_TRUE(log_->compact({99}, 4, {}).ok()) << "a row that is gone already";
  reopen();
  EXPECT_EQ(revisions_of(*log_), Revisions{4});
  EXPECT_EQ(log_->compacted(), 4);
}

TEST_P(LogTest, gives_space_back_when_compacted) {
  const std::string object(1'500, 'x');
  Revisions revisions;
  for (std::int64_t revision = 1; revision <= 2'000; revision += 100) {
    std::vector<Row> rows;
    for (std::int64_t i = revision; i < revision + 100; ++i) rows.push_back(a_row(i, object));
    append(rows);
    ASSERT_TRUE(log_->maintain().ok());
  }
  const std::int64_t full = log_->size_bytes();
  EXPECT_GT(full, 3'000'000);
  EXPECT_LT(full, 4'500'000);
  for (std::int64_t revision = 1; revision <= 1'900; ++revision) revisions.push_back(revision);
  ASSERT_TRUE(log_->compact(revisions, 1'900, {}).ok());
  EXPECT_LT(log_->size_bytes(), full / 5);
  // The freed space is used again.
  for (std::int64_t revision = 2'001; revision <= 3'900; revision += 100) {
    std::vector<Row> rows;
    for (std::int64_t i = revision; i < revision + 100; ++i) rows.push_back(a_row(i, object));
    append(rows);
  }
  EXPECT_LT(log_->size_bytes(), full * 11 / 10);
}

TEST_P(LogTest, removes_old_journal_rows) {
  JournalRow decision;
  decision.build = std::string(4'000, 'b');
  std::vector<JournalRow> old(500, decision);
  for (JournalRow& row : old) row.time = Time(std::chrono::seconds(10));
  ASSERT_TRUE(log_->append({}, old).ok());
  for (JournalRow& row : old) row.time = Time(std::chrono::seconds(30));
  ASSERT_TRUE(log_->append({}, old).ok());
  const std::int64_t before = log_->size_bytes();
  ASSERT_TRUE(log_->compact({}, 0, Time(std::chrono::seconds(20))).ok());
  EXPECT_LT(log_->size_bytes(), before * 6 / 10);
  EXPECT_GT(log_->size_bytes(), before * 4 / 10);
}

TEST_P(LogTest, keeps_values) {
  ASSERT_TRUE(log_->write_value("cluster-id", "abc").ok());
  ASSERT_TRUE(log_->write_value("cluster-id", "def").ok());
  ASSERT_TRUE(log_->write_value("other", "").ok());
  reopen();
  EXPECT_EQ(*log_->read_value("cluster-id"), "def");
  EXPECT_EQ(*log_->read_value("other"), "");
  EXPECT_EQ(*log_->read_value("absent"), "");
}

TEST_P(LogTest, a_replay_ends_with_the_error_of_the_callback) {
  append({a_row(1), a_row(2), a_row(3)});
  int seen = 0;
  const Status status = log_->replay([&](const Row& row) -> Status {
    ++seen;
    if (row.revision == 2) return Error{Code::internal, "stop", {}};
    return {};
  });
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("revision 2"), std::string::npos) << status.error().message;
  EXPECT_EQ(seen, 2);
  append({a_row(4)});
}

TEST_P(LogTest, is_open_only_once) {
  const auto second = place_->open();
  const Status status =
      second.ok() ? (*second)->replay([](const Row&) -> Status { return {}; }) : Status(second.error());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::unavailable);
  EXPECT_NE(status.error().message.find("in use"), std::string::npos) << status.error().message;
  append({a_row(1)});
}

INSTANTIATE_TEST_SUITE_P(
    logs, LogTest,
    ::testing::Values(Kind{"sqlite", [] { return std::unique_ptr<Place>(std::make_unique<DiskPlace>()); }},
                      Kind{"sealed", [] { return std::unique_ptr<Place>(std::make_unique<SealedPlace>()); }},
                      Kind{"memory", [] { return std::unique_ptr<Place>(std::make_unique<MemoryPlace>()); }}),
    [](const ::testing::TestParamInfo<Kind>& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace muster::store
