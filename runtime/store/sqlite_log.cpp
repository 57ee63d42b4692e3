#include "runtime/store/sqlite_log.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "api/base/text.h"

namespace muster::store {

namespace {

constexpr std::int64_t schema_version = 1;
constexpr std::int64_t application_id = 0x4d757374;  // "Must"

// Rows are added at the right edge of one B-tree, so a group of them costs few pages; there is no second index to keep.
// Pages of 8 KiB: five objects of 1.5 KiB fit, and a commit of one row still writes little.
constexpr const char* schema = R"sql(
CREATE TABLE rows (
  revision INTEGER PRIMARY KEY,
  batch INTEGER NOT NULL,
  time INTEGER NOT NULL,
  kind TEXT NOT NULL,
  ns TEXT NOT NULL,
  name TEXT NOT NULL,
  deleted INTEGER NOT NULL,
  object TEXT NOT NULL
) STRICT;
CREATE TABLE journal (
  id INTEGER PRIMARY KEY,
  revision INTEGER NOT NULL,
  time INTEGER NOT NULL,
  controller TEXT NOT NULL,
  key TEXT NOT NULL,
  build TEXT NOT NULL,
  seed INTEGER NOT NULL,
  plan_hash INTEGER NOT NULL
) STRICT;
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
)sql";

// A checkpoint copies the write-ahead log into the database and lets it start again from its beginning, whose blocks
// are allocated already and therefore sync fastest. Small enough not to stall, large enough to be seldom.
constexpr std::int64_t checkpoint_bytes = std::int64_t{4} << 20U;
// When nobody calls maintain().
constexpr std::int64_t checkpoint_bytes_at_once = 8 * checkpoint_bytes;

constexpr int journal_rows_removed_at_once = 4'096;

std::int64_t stored(Time time) {
  return time.time_since_epoch().count();
}

// Not called `bind`: std::bind would be taken for an argument that is a std::string.
void set(sqlite3_stmt* statement, int index, std::string_view text) {
  // A null pointer would be stored as NULL.
  sqlite3_bind_text64(statement, index, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}
void set(sqlite3_stmt* statement, int index, std::int64_t number) {
  sqlite3_bind_int64(statement, index, number);
}

std::string_view text_at(sqlite3_stmt* statement, int column) {
  // The bytes as they lie in the page: asking for text would copy them to add a terminator.
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

Error cannot_open(const std::string& path, int error) {
  return {Code::unavailable, str("cannot open the database ", path, ": ", std::strerror(error)), {}};
}

// Makes an empty file of mode 0600 where there is none, so that no other user can ever read it: SQLite would make it by
// the umask. Its own files beside it take over the mode.
Status make_private_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return cannot_open(path, errno);
  const int result = ::fchmod(file, 0600);
  const int error = errno;
  ::close(file);
  if (result != 0) return cannot_open(path, error);
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int folder_file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_file < 0) return cannot_open(path, errno);
  const int synced = ::fsync(folder_file);
  const int sync_error = errno;
  ::close(folder_file);
  if (synced != 0) return cannot_open(path, sync_error);
  return {};
}

}  // namespace

void CloseDatabase::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}
void FinalizeStatement::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Result<std::unique_ptr<SqliteLog>> SqliteLog::open(const std::string& path, const char* vfs) {
  sqlite3* opened = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, vfs);
  Database database(opened);
  if (opened == nullptr) return Error{Code::internal, "out of memory opening the database", {}};
  std::unique_ptr<SqliteLog> log(new SqliteLog(path, std::move(database)));
  if (code != SQLITE_OK) return log->failure(code);
  TRY_VOID(log->prepare_database());
  TRY_VOID(log->prepare_statements());
  TRY(const std::string compacted, log->read_value("compacted"));
  log->compacted_ = parse_int(compacted).value_or(0);
  return log;
}

Status SqliteLog::prepare_database() {
  sqlite3_busy_timeout(database_.get(), 0);
  TRY_VOID(execute("PRAGMA locking_mode = EXCLUSIVE"));
  TRY_VOID(execute("PRAGMA page_size = 8192"));
  TRY_VOID(execute("PRAGMA journal_mode = WAL"));
  TRY_VOID(execute("PRAGMA synchronous = FULL"));
  TRY_VOID(execute("PRAGMA cell_size_check = ON"));
  TRY_VOID(execute("PRAGMA wal_autocheckpoint = 0"));
  TRY_VOID(execute("PRAGMA journal_size_limit = 67108864"));
  // Takes the lock, which is then kept.
  TRY_VOID(execute("BEGIN EXCLUSIVE"));
  Status made = make_schema();
  if (!made.ok()) {
    const Status ignored = execute("ROLLBACK");
    static_cast<void>(ignored);
    return made;
  }
  TRY_VOID(execute("COMMIT"));
  TRY(const Statement size, prepare("PRAGMA page_size"));
  TRY(page_size_, number(size.get()));
  sqlite3_wal_hook(
      database_.get(),
      [](void* log, sqlite3*, const char*, int pages) {
        static_cast<SqliteLog*>(log)->wal_pages_ = pages;
        return SQLITE_OK;
      },
      this);
  return {};
}

Status SqliteLog::make_schema() {
  TRY(const Statement id_statement, prepare("PRAGMA application_id"));
  TRY(const std::int64_t id, number(id_statement.get()));
  TRY(const Statement version_statement, prepare("PRAGMA user_version"));
  TRY(const std::int64_t version, number(version_statement.get()));
  TRY(const Statement tables_statement, prepare("SELECT count(*) FROM sqlite_schema"));
  TRY(const std::int64_t tables, number(tables_statement.get()));
  if (tables == 0 && id == 0) {
    TRY_VOID(execute(schema));
    TRY_VOID(execute(str("PRAGMA application_id = ", application_id).c_str()));
    return execute(str("PRAGMA user_version = ", schema_version).c_str());
  }
  if (id != application_id) {
    return Error{Code::internal, str(path_, " is an SQLite database, but not one of Muster's; name another file"), {}};
  }
  if (version != schema_version) {
    return Error{Code::internal,
                 str("the database ", path_, " has schema version ", version, "; this program knows version ",
                     schema_version, version > schema_version ? ": use the newer program that wrote it" : ""),
                 {}};
  }
  return {};
}

Status SqliteLog::prepare_statements() {
  TRY(begin_, prepare("BEGIN IMMEDIATE"));
  TRY(commit_, prepare("COMMIT"));
  TRY(rollback_, prepare("ROLLBACK"));
  TRY(insert_row_, prepare("INSERT INTO rows (revision, batch, time, kind, ns, name, deleted, object) "
                           "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"));
  TRY(insert_journal_, prepare("INSERT INTO journal (revision, time, controller, key, build, seed, plan_hash) "
                               "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  TRY(rewrite_row_, prepare("UPDATE rows SET object = ?2 WHERE revision = ?1"));
  TRY(remove_row_, prepare("DELETE FROM rows WHERE revision = ?1"));
  TRY(remove_journal_,
      prepare("DELETE FROM journal WHERE time < ?1 AND id IN (SELECT id FROM journal ORDER BY id LIMIT ?2)"));
  TRY(put_value_, prepare("INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)"));
  TRY(get_value_, prepare("SELECT value FROM settings WHERE name = ?1"));
  TRY(page_count_, prepare("PRAGMA page_count"));
  TRY(free_count_, prepare("PRAGMA freelist_count"));
  return {};
}

Status SqliteLog::replay(const std::function<Status(const Row& row)>& each) {
  TRY(const Statement select,
      prepare("SELECT revision, batch, time, kind, ns, name, deleted, object FROM rows ORDER BY revision"));
  sqlite3_stmt* statement = select.get();
  while (true) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) return {};
    if (code != SQLITE_ROW) return failure(code);
    Row row;
    row.revision = sqlite3_column_int64(statement, 0);
    row.batch = sqlite3_column_int64(statement, 1);
    row.time = Time(Duration(sqlite3_column_int64(statement, 2)));
    row.kind = text_at(statement, 3);
    row.ns = text_at(statement, 4);
    row.name = text_at(statement, 5);
    row.deleted = sqlite3_column_int64(statement, 6) != 0;
    row.object = text_at(statement, 7);
    Status status = each(row);
    if (!status.ok())
      return std::move(status).error().under(str("revision ", row.revision, " in the database ", path_));
  }
}

Status SqliteLog::append(const std::vector<Row>& rows, const std::vector<JournalRow>& journal) {
  if (wal_pages_ * page_size_ >= checkpoint_bytes_at_once) {
    // A failure leaves everything as it was; what follows fails too if it matters.
    const Status ignored = checkpoint();
    static_cast<void>(ignored);
  }
  return transaction([&]() -> Status {
    for (const Row& row : rows) TRY_VOID(insert_row(row));
    for (const JournalRow& row : journal) TRY_VOID(insert_journal_row(row));
    return {};
  });
}

Status SqliteLog::rewrite(const std::vector<Row>& rows) {
  return transaction([&]() -> Status {
    for (const Row& row : rows) {
      set(rewrite_row_.get(), 1, row.revision);
      set(rewrite_row_.get(), 2, row.object);
      TRY_VOID(step(rewrite_row_.get()));
      if (sqlite3_changes(database_.get()) == 0)
        return Error{Code::not_found, str("there is no row of revision ", row.revision), {}};
    }
    return {};
  });
}

Status SqliteLog::insert_row(const Row& row) {
  sqlite3_stmt* statement = insert_row_.get();
  set(statement, 1, row.revision);
  set(statement, 2, row.batch);
  set(statement, 3, stored(row.time));
  set(statement, 4, row.kind);
  set(statement, 5, row.ns);
  set(statement, 6, row.name);
  set(statement, 7, std::int64_t{row.deleted ? 1 : 0});
  set(statement, 8, row.object);
  return step(statement);
}

Status SqliteLog::insert_journal_row(const JournalRow& row) {
  sqlite3_stmt* statement = insert_journal_.get();
  set(statement, 1, row.revision);
  set(statement, 2, stored(row.time));
  set(statement, 3, row.controller);
  set(statement, 4, row.key);
  set(statement, 5, row.build);
  set(statement, 6, static_cast<std::int64_t>(row.seed));
  set(statement, 7, static_cast<std::int64_t>(row.plan_hash));
  return step(statement);
}

Status SqliteLog::maintain() {
  if (wal_pages_ * page_size_ < checkpoint_bytes) return {};
  return checkpoint();
}

Status SqliteLog::checkpoint() {
  int in_log = 0;
  int moved = 0;
  const int code = sqlite3_wal_checkpoint_v2(database_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved);
  if (code != SQLITE_OK) return failure(code);
  if (moved == in_log) wal_pages_ = 0;
  return {};
}

Status SqliteLog::compact(const std::vector<std::int64_t>& revisions, std::int64_t horizon, Time journal_before) {
  const std::int64_t compacted = std::max(compacted_, horizon);
  const auto remove = [&]() -> Status {
    for (const std::int64_t revision : revisions) {
      set(remove_row_.get(), 1, revision);
      TRY_VOID(step(remove_row_.get()));
    }
    set(remove_journal_.get(), 1, stored(journal_before));
    set(remove_journal_.get(), 2, std::int64_t{journal_rows_removed_at_once});
    TRY_VOID(step(remove_journal_.get()));
    if (compacted == compacted_) return {};
    return put_value("compacted", std::to_string(compacted));
  };
  TRY_VOID(transaction(remove));
  compacted_ = compacted;
  return {};
}

Result<std::string> SqliteLog::read_value(std::string_view name) {
  sqlite3_stmt* statement = get_value_.get();
  set(statement, 1, name);
  const int code = sqlite3_step(statement);
  std::string value;
  if (code == SQLITE_ROW) value = text_at(statement, 0);
  sqlite3_reset(statement);
  if (code != SQLITE_ROW && code != SQLITE_DONE) return failure(code);
  return value;
}

Status SqliteLog::write_value(std::string_view name, std::string_view value) {
  return transaction([&] { return put_value(name, value); });
}

Status SqliteLog::put_value(std::string_view name, std::string_view value) {
  set(put_value_.get(), 1, name);
  set(put_value_.get(), 2, value);
  return step(put_value_.get());
}

std::int64_t SqliteLog::size_bytes() const {
  const Result<std::int64_t> pages = number(page_count_.get());
  const Result<std::int64_t> free = number(free_count_.get());
  return pages.ok() && free.ok() ? (*pages - *free) * page_size_ : 0;
}

Result<Statement> SqliteLog::prepare(std::string_view text) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), text.data(), static_cast<int>(text.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return failure(code);
  return Statement(statement);
}

Status SqliteLog::execute(const char* text) {
  const int code = sqlite3_exec(database_.get(), text, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(code);
  return {};
}

Status SqliteLog::transaction(const std::function<Status()>& body) {
  TRY_VOID(step(begin_.get()));
  Status status = body();
  if (status.ok()) status = step(commit_.get());
  // Some errors have ended the transaction already.
  if (!status.ok() && sqlite3_get_autocommit(database_.get()) == 0) {
    const Status ignored = step(rollback_.get());
    static_cast<void>(ignored);
  }
  return status;
}

Status SqliteLog::step(sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  Status status;
  if (code != SQLITE_DONE) status = failure(code);
  sqlite3_reset(statement);
  return status;
}

Result<std::int64_t> SqliteLog::number(sqlite3_stmt* statement) const {
  const int code = sqlite3_step(statement);
  const std::int64_t value = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  sqlite3_reset(statement);
  if (code != SQLITE_ROW) return failure(code);
  return value;
}

Error SqliteLog::failure(int code) const {
  const char* reason = sqlite3_errmsg(database_.get());
  const int system = sqlite3_system_errno(database_.get());
  const int primary = code & 0xff;
  if (primary == SQLITE_FULL || (primary == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT))) {
    return {Code::unavailable, str("the disk is full (writing the database ", path_, ")"), {}};
  }
  switch (primary) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {Code::unavailable, str("the database ", path_, " is in use by another process"), {}};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {Code::internal,
              str("the database ", path_, " is damaged (", reason, "): keep a copy of it and of ", path_,
                  "-wal; then restore a backup, or save what can be read with `sqlite3 ", path_,
                  " .recover | sqlite3 NEW_FILE`"),
              {}};
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {Code::unavailable,
              str("cannot open the database ", path_, ": ", system != 0 ? std::strerror(system) : reason),
              {}};
    case SQLITE_IOERR:
      return {Code::unavailable,
              str("input or output failed on the database ", path_, ": ", system != 0 ? std::strerror(system) : reason),
              {}};
    default: return {Code::internal, str("the database ", path_, ": ", reason), {}};
  }
}

Result<std::unique_ptr<Log>> open_sqlite_log(const std::string& path) {
  TRY_VOID(make_private_file(path));
  TRY(std::unique_ptr<SqliteLog> log, SqliteLog::open(path, nullptr));
  return std::unique_ptr<Log>(std::move(log));
}

}  // namespace muster::store
