// The durable half of the store: an append log of rows, keyed by revision. Implementation: SQLite, on the real file
// system or on an in-memory one for tests and the simulation.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "api/base/time.h"
#include "runtime/base/random.h"

namespace muster::store {

// One object as written at one revision.
struct Row {
  std::int64_t revision = 0;
  Time time{};
  std::string_view kind, ns, name;  // kind: "services.muster.dev"
  bool deleted = false;             // then the object is its last state
  std::string_view object;          // JSON
  std::int64_t batch = 0;           // revision of the last row of its batch: a batch is seen as a whole
};

// One decision of a controller (design.md section 6). Takes no revision.
struct JournalRow {
  std::int64_t revision = 0;  // the view it was made from
  Time time{};
  std::string controller, key, build;
  std::uint64_t seed = 0, plan_hash = 0;
};

// All calls from one thread at a time. Rows are passed as views that live until the call returns.
class Log {
 public:
  virtual ~Log() = default;
  // Calls back for every row in order of revision. Error: the log is damaged, or the callback's own.
  virtual Status replay(const std::function<Status(const Row& row)>& each) = 0;
  // Durable when it returns: survives kill -9 and power loss. All or nothing. After an error the log is as before, and
  // later appends may succeed (a full disk that has space again: Code::unavailable).
  virtual Status append(const std::vector<Row>& rows, const std::vector<JournalRow>& journal) = 0;
  // Replaces the objects of rows that are there, found by revision; nothing else of them changes. Durable, all or
  // nothing, Code::not_found when one is not there.
  virtual Status rewrite(const std::vector<Row>& rows) = 0;
  // Does what can wait until the append has been acknowledged, such as moving the write-ahead log into the database.
  // To be called after each append; a few milliseconds, seldom.
  virtual Status maintain() = 0;
  // Removes these rows, and journal rows older than `journal_before` (a part of them at a time), all or nothing. From
  // then on history is complete only after revision `horizon`: the last change that superseded one of these rows.
  virtual Status compact(const std::vector<std::int64_t>& revisions, std::int64_t horizon, Time journal_before) = 0;
  // The highest horizon so far.
  virtual std::int64_t compacted() const = 0;
  // A small named value kept beside the log ("cluster-id").
  virtual Result<std::string> read_value(std::string_view name) = 0;  // empty when absent
  virtual Status write_value(std::string_view name, std::string_view value) = 0;
  // What rows and journal take on disk; space that compaction has freed for later rows is not counted.
  virtual std::int64_t size_bytes() const = 0;
};

// Opens or makes the database file, mode 0600, taking an exclusive lock. Code::unavailable when another process holds
// it; Code::internal, with the file's name and what to do, when it is damaged or of a newer schema version.
Result<std::unique_ptr<Log>> open_sqlite_log(const std::string& path);

// A disk in memory that outlives the logs on it, as a disk outlives a process. It knows what has been synced.
struct MemoryDisk;
std::shared_ptr<MemoryDisk> make_memory_disk();
// The same log on such a disk. When it cannot be opened (another log is open on the disk), every call of the log
// answers the reason.
std::unique_ptr<Log> open_memory_log(std::shared_ptr<MemoryDisk> disk);
// The next appends fail with Code::unavailable ("the disk is full") until set to false.
void set_disk_full(MemoryDisk& disk, bool full);
// Power loss: of what was not synced, each write is kept, lost or torn as `random` says. Logs that are open on the disk
// can do nothing more; drop them and open another.
void crash(MemoryDisk& disk, Random& random);

}  // namespace muster::store
