#include <utility>

#include "runtime/store/memory_vfs.h"
#include "runtime/store/sqlite_log.h"

namespace muster::store {

namespace {

// Keeps the disk while the log on it is open.
class LogOnDisk final : public Log {
 public:
  LogOnDisk(std::shared_ptr<MemoryDisk> disk, std::unique_ptr<Log> log)
      : disk_(std::move(disk)), log_(std::move(log)) {}

  Status replay(const std::function<Status(const Row& row)>& each) override { return log_->replay(each); }
  Status append(const std::vector<Row>& rows, const std::vector<JournalRow>& journal) override {
    return log_->append(rows, journal);
  }
  Status rewrite(const std::vector<Row>& rows) override { return log_->rewrite(rows); }
  Status maintain() override { return log_->maintain(); }
  Status compact(const std::vector<std::int64_t>& revisions, std::int64_t horizon, Time journal_before) override {
    return log_->compact(revisions, horizon, journal_before);
  }
  std::int64_t compacted() const override { return log_->compacted(); }
  Result<std::string> read_value(std::string_view name) override { return log_->read_value(name); }
  Status write_value(std::string_view name, std::string_view value) override { return log_->write_value(name, value); }
  std::int64_t size_bytes() const override { return log_->size_bytes(); }

 private:
  std::shared_ptr<MemoryDisk> disk_;
  std::unique_ptr<Log> log_;  // goes first
};

// What could not be opened.
class BrokenLog final : public Log {
 public:
  explicit BrokenLog(Error reason) : reason_(std::move(reason)) {}

  Status replay(const std::function<Status(const Row& row)>&) override { return reason_; }
  Status append(const std::vector<Row>&, const std::vector<JournalRow>&) override { return reason_; }
  Status rewrite(const std::vector<Row>&) override { return reason_; }
  Status maintain() override { return reason_; }
  Status compact(const std::vector<std::int64_t>&, std::int64_t, Time) override { return reason_; }
  std::int64_t compacted() const override { return 0; }
  Result<std::string> read_value(std::string_view) override { return reason_; }
  Status write_value(std::string_view, std::string_view) override { return reason_; }
  std::int64_t size_bytes() const override { return 0; }

 private:
  Error reason_;
};

}  // namespace

std::unique_ptr<Log> open_memory_log(std::shared_ptr<MemoryDisk> disk) {
  Result<std::unique_ptr<SqliteLog>> log = SqliteLog::open("store.db", disk->name.c_str());
  if (!log.ok()) return std::make_unique<BrokenLog>(std::move(log).error());
  return std::make_unique<LogOnDisk>(std::move(disk), std::move(log).value());
}

}  // namespace muster::store
