// The log in an SQLite database, on any of SQLite's file systems.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/store/log.h"

struct sqlite3;
struct sqlite3_stmt;

namespace muster::store {

struct CloseDatabase {
  void operator()(sqlite3* database) const;
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const;
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

class SqliteLog final : public Log {
 public:
  // `vfs` names the file system; null for the machine's own.
  static Result<std::unique_ptr<SqliteLog>> open(const std::string& path, const char* vfs);

  Status replay(const std::function<Status(const Row& row)>& each) override;
  Status append(const std::vector<Row>& rows, const std::vector<JournalRow>& journal) override;
  Status rewrite(const std::vector<Row>& rows) override;
  Status maintain() override;
  Status compact(const std::vector<std::int64_t>& revisions, std::int64_t horizon, Time journal_before) override;
  std::int64_t compacted() const override { return compacted_; }
  Result<std::string> read_value(std::string_view name) override;
  Status write_value(std::string_view name, std::string_view value) override;
  std::int64_t size_bytes() const override;

 private:
  SqliteLog(std::string path, Database database) : path_(std::move(path)), database_(std::move(database)) {}

  Status prepare_database();
  Status prepare_statements();
  Status make_schema();
  Result<Statement> prepare(std::string_view text);
  Status execute(const char* text);
  // Runs `body` inside a transaction: all or nothing.
  Status transaction(const std::function<Status()>& body);
  Status insert_row(const Row& row);
  Status insert_journal_row(const JournalRow& row);
  Status put_value(std::string_view name, std::string_view value);
  // Runs a statement that answers no rows, and makes it ready for the next time.
  Status step(sqlite3_stmt* statement);
  Result<std::int64_t> number(sqlite3_stmt* statement) const;
  Status checkpoint();
  // The error of the last call, made understandable.
  Error failure(int code) const;

  std::string path_;
  Database database_;  // statements go first
  Statement begin_, commit_, rollback_, insert_row_, insert_journal_, rewrite_row_, remove_row_, remove_journal_,
      put_value_, get_value_, page_count_, free_count_;
  std::int64_t compacted_ = 0;
  std::int64_t page_size_ = 0;
  int wal_pages_ = 0;  // in the write-ahead log since its last checkpoint
};

}  // namespace muster::store
