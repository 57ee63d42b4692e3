// Proves what recovery reads from a log, and that a log which contradicts itself is refused with the place named.
#include "runtime/store/recovery.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/runtime/store/store_support.h"

namespace muster::store::testing {
namespace {

// A log of given rows, as no store would write them.
class RowsLog final : public Log {
 public:
  struct Stored {
    std::int64_t revision, batch;
    std::string kind, name, object;
    bool deleted = false;
  };
  std::vector<Stored> rows;
  std::int64_t horizon = 0;

  Status replay(const std::function<Status(const Row& row)>& each) override {
    for (const Stored& stored : rows) {
      Row row;
      row.revision = stored.revision;
      row.batch = stored.batch;
      row.time = Time(std::chrono::seconds(stored.revision));
      row.kind = stored.kind;
      row.ns = stored.kind.starts_with("leases") ? "default" : "";
      row.name = stored.name;
      row.object = stored.object;
      row.deleted = stored.deleted;
      TRY_VOID(each(row));
    }
    return {};
  }
  Status append(const std::vector<Row>&, const std::vector<JournalRow>&) override { return {}; }
  Status rewrite(const std::vector<Row>&) override { return {}; }
  Status maintain() override { return {}; }
  Status compact(const std::vector<std::int64_t>&, std::int64_t, Time) override { return {}; }
  std::int64_t compacted() const override { return horizon; }
  Result<std::string> read_value(std::string_view) override { return std::string(); }
  Status write_value(std::string_view, std::string_view) override { return {}; }
  std::int64_t size_bytes() const override { return 0; }

  void add(std::int64_t revision, std::int64_t batch, const std::string& name, bool deleted = false) {
    Lease lease = *as<Lease>(a_lease(name));
    lease.metadata.resource_version = revision;
    rows.push_back({revision, batch, kind_of<Lease>().resource(), name, encode_object(lease), deleted});
  }
};

TEST(Recovery, knows_state_window_and_what_is_superseded) {
  RowsLog log;
  log.add(1, 1, "a");
  log.add(2, 3, "b");
  log.add(3, 3, "a");
  log.add(4, 4, "b", true);
  log.add(5, 5, "b");
  const auto recovered = recover(log, {});
  ASSERT_TRUE(recovered.ok()) << recovered.error().message;
  EXPECT_EQ(recovered->state.revision(), 5);
  EXPECT_EQ(recovered->state.size(), 2U);
  EXPECT_EQ(recovered->window.oldest(), 0);
  const auto batches = recovered->window.after(0);
  ASSERT_EQ(batches.size(), 4U);
  EXPECT_EQ(batches[1]->revisions, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(batches[1]->changes[1].before->metadata.resource_version, 1);
  EXPECT_EQ(batches[2]->changes[0].after, nullptr);
  std::vector<std::pair<std::int64_t, std::int64_t>> superseded;
  for (const Superseded& row : recovered->superseded) superseded.emplace_back(row.revision, row.by);
  EXPECT_EQ(superseded, (std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 3}, {2, 4}, {4, 4}}));
}

TEST(Recovery, the_window_holds_whole_batches_after_the_horizon) {
  RowsLog log;
  for (std::int64_t revision = 1; revision <= 9; ++revision)
    log.add(revision, (revision + 2) / 3 * 3, str("l", revision));
  StoreOptions options;
  options.window_changes = 4;
  auto recovered = recover(log, options);
  ASSERT_TRUE(recovered.ok());
  EXPECT_EQ(recovered->window.oldest(), 6);
  ASSERT_EQ(recovered->window.after(6).size(), 1U);
  EXPECT_EQ(recovered->window.after(6)[0]->revisions, (std::vector<std::int64_t>{7, 8, 9}));
  log.horizon = 7;  // inside a batch
  recovered = recover(log, {});
  ASSERT_TRUE(recovered.ok());
  EXPECT_EQ(recovered->window.oldest(), 9);
  EXPECT_EQ(recovered->state.size(), 9U);
  log.horizon = 20;
  recovered = recover(log, {});
  ASSERT_TRUE(recovered.ok());
  EXPECT_EQ(recovered->state.revision(), 20) << "revisions never go back";
}

TEST(Recovery, does_not_decode_what_is_superseded) {
  RowsLog log;
  log.add(1, 1, "a");
  log.rows[0].object = "not JSON";
  for (std::int64_t revision = 2; revision <= 30; ++revision) log.add(revision, revision, "a");
  StoreOptions options;
  options.window_changes = 5;
  EXPECT_TRUE(recover(log, options).ok());
  EXPECT_FALSE(recover(log, {}).ok()) << "inside the window it is needed";
}

TEST(Recovery, refuses_a_log_that_contradicts_itself) {
  const auto refusal = [](const std::function<void(RowsLog&)>& damage) {
    RowsLog log;
    log.add(1, 1, "a");
    log.add(2, 2, "b");
    damage(log);
    const auto recovered = recover(log, {});
    return recovered.ok() ? std::string("accepted") : recovered.error().message;
  };
  EXPECT_EQ(refusal([](RowsLog&) {}), "accepted");
  EXPECT_NE(refusal([](RowsLog& log) { log.add(2, 2, "c"); }).find("revision 2 after 2"), std::string::npos);
  EXPECT_NE(refusal([](RowsLog& log) { log.add(3, 2, "c"); }).find("revision 3 of batch 2"), std::string::npos);
  EXPECT_NE(refusal([](RowsLog& log) { log.add(3, 3, "c", true); }).find("does not exist"), std::string::npos);
  EXPECT_NE(refusal([](RowsLog& log) { log.rows[1].name = "x"; }).find("not the row's"), std::string::npos);
  EXPECT_NE(refusal([](RowsLog& log) { log.rows[1].kind = "tasks.muster.dev"; }).find("not the row's"),
            std::string::npos);
  EXPECT_NE(refusal([](RowsLog& log) { log.rows[1].object = log.rows[0].object; }).find("not the row's"),
            std::string::npos);
  EXPECT_NE(refusal([](RowsLog& log) { log.rows[1].object = R"({"kind":"X","apiVersion":"y"})"; }), "accepted");
  EXPECT_NE(refusal([](RowsLog& log) { log.rows[1].object.pop_back(); }), "accepted");
}

}  // namespace
}  // namespace muster::store::testing
