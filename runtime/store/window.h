// The newest commits, for watchers that resume. Without their states: those would keep old versions of the tree alive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "runtime/store/objects.h"

namespace muster::store {

// The changes of one batch.
struct Changes {
  std::vector<Change> changes;
  std::vector<std::shared_ptr<const std::string>> json;
  std::vector<std::int64_t> revisions;
  Time time{};

  std::int64_t last() const { return revisions.back(); }
  std::size_t bytes() const;  // of JSON
};
using ChangesPtr = std::shared_ptr<const Changes>;

// One commit with the changes of all of these, which follow each other; `state` is the one after the last.
CommitPtr commit_of(const std::vector<ChangesPtr>& parts, State state);
// The same for commits.
CommitPtr merged(const std::vector<CommitPtr>& commits, std::size_t from);

class Window {
 public:
  Window(std::size_t most_changes, std::size_t most_bytes) : most_changes_(most_changes), most_bytes_(most_bytes) {}

  // Where the window begins: nothing before is known. Only while it is empty.
  void begin_at(std::int64_t revision) { oldest_ = revision; }
  // Lets go of the oldest when there are too many. What it let go of is answered, so that it can be destroyed outside
  // of any lock.
  std::vector<ChangesPtr> add(ChangesPtr changes);
  // The window holds every change after this revision.
  std::int64_t oldest() const { return oldest_; }
  // The batches that have a change after the revision, in order. It must not be older than oldest().
  std::vector<ChangesPtr> after(std::int64_t revision) const;

 private:
  std::size_t most_changes_, most_bytes_;
  std::deque<ChangesPtr> kept_;
  std::size_t changes_ = 0, bytes_ = 0;
  std::int64_t oldest_ = 0;
};

}  // namespace muster::store
