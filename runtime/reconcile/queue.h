// The work queue of one controller: keys wait once however often they are added, may be due later, and are held while
// they are being worked on. A data structure without clock or thread: the time is a parameter.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>

#include "api/base/time.h"
#include "api/state/state.h"

namespace muster::reconcile {

class Queue {
 public:
  // Work on the key as soon as possible; a later due time is forgotten. A key being worked on comes again after
  // finish().
  void add(const Key& key);
  // Work on the key at `due` at the latest, unless it is waiting for an earlier time already.
  void add_at(const Key& key, Duration due);
  // The next key whose time has come, now held; nothing when there is none.
  std::optional<Key> take(Duration now);
  // The key is no longer being worked on.
  void finish(const Key& key);
  // When the next take() can answer something: `now` or earlier means at once, nothing means never by time alone.
  std::optional<Duration> next_due() const;

  // How often the key has failed in a row; for back-off. Counted by failed(), ended by succeeded().
  int failed(const Key& key) { return ++failures_[key]; }
  void succeeded(const Key& key) { failures_.erase(key); }

  std::size_t depth() const { return ready_.size(); }
  std::size_t held() const { return held_.size(); }

 private:
  std::deque<Key> ready_;
  std::set<Key> waiting_;  // members of ready_
  std::map<Key, Duration> due_;
  std::set<std::pair<Duration, Key>> times_;  // the same, by time
  std::map<Key, bool> held_;                  // being worked on; true: was added meanwhile
  std::map<Key, int> failures_;
};

}  // namespace muster::reconcile
