// The one interface to the objects, in process and over HTTP: a view, transactions, and an ordered watch over all
// kinds.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/admission/admission.h"
#include "runtime/base/loop.h"
#include "runtime/store/log.h"

namespace muster::store {

// One whole commit as watchers see it; or several that follow each other, for a watcher that resumed or fell behind.
struct Commit {
  State state;                  // after it; revision() is the commit's last
  std::vector<Change> changes;  // in order of their revisions
  std::vector<std::shared_ptr<const std::string>>
      json;                             // of each change: the object after it, or the deleted one with the
                                        // deletion's resourceVersion; encoded once, shared by all watchers
  std::vector<std::int64_t> revisions;  // of each change
  Time time{};
};
using CommitPtr = std::shared_ptr<const Commit>;

struct Batch {
  std::vector<Write> writes;
  std::vector<JournalRow> journal;
  enum class Mode { store, dry_run } mode = Mode::store;
  std::string writer;  // who, for logs and audit: "controller/service", "user"
};

struct Committed {
  std::int64_t revision = 0;      // of the last change; the state's revision when nothing changed
  std::vector<Admitted> results;  // one a Write; objects carry their resourceVersion
  // The bytes of each result's object, shared with the watchers; null where nothing was stored. May be empty.
  std::vector<std::shared_ptr<const std::string>> json;
};

// Unsubscribes when dropped; after that no callback runs (drop it on the subscriber's loop).
class Subscription {
 public:
  virtual ~Subscription() = default;
};

// All calls from any thread.
class Objects {
 public:
  virtual ~Objects() = default;
  // The newest committed state.
  virtual State state() const = 0;
  // Durable when `done` is called with a value. `done` runs on some internal thread: post from there.
  virtual void commit(Batch batch, std::function<void(Result<Committed>)> done) = 0;
  // Calls back on `loop` for each commit after revision `from`, in order, none left out. Code::gone when `from` is
  // older than what is kept, Code::invalid when it is in the future.
  virtual Result<std::unique_ptr<Subscription>> subscribe(std::int64_t from, Loop& loop,
                                                          std::function<void(const CommitPtr&)> callback) = 0;
  // Changes of one commit that lie behind `from` inside it are left out by the subscriber: compare Commit::revisions.
};

}  // namespace muster::store
