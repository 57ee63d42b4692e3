#include "runtime/store/recovery.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/base/text.h"
#include "api/schema/json.h"

namespace muster::store {

namespace {

Error damaged(std::string_view message) {
  return {Code::internal, str("the log is damaged: ", message, "; restore a backup"), {}};
}

// First reading: order and supersession; no object is decoded.
class Survey {
 public:
  Survey(std::int64_t compacted, const StoreOptions& options) : options_(options), window_begin_(compacted) {}

  Status see(const Row& row) {
    if (row.revision <= last_) return damaged(str("revision ", row.revision, " after ", last_));
    if (row.batch < row.revision) return damaged(str("revision ", row.revision, " of batch ", row.batch));
    last_ = row.revision;
    supersede(row);
    // A batch whose beginning has been compacted is not whole.
    if (row.revision <= window_begin_) window_begin_ = std::max(window_begin_, row.batch);
    keep_in_window(row);
    return {};
  }

  std::int64_t last() const { return last_; }
  std::int64_t window_begin() const { return window_begin_; }
  std::deque<Superseded> take_superseded() { return std::move(superseded_); }

 private:
  struct Tail {
    std::int64_t batch = 0;
    std::size_t bytes = 0;
  };

  void supersede(const Row& row) {
    std::string key;
    key.reserve(row.kind.size() + row.ns.size() + row.name.size() + 2);
    key.append(row.kind).append(1, '\0').append(row.ns).append(1, '\0').append(row.name);
    if (row.deleted) {
      if (const auto found = newest_.find(key); found != newest_.end()) {
        superseded_.push_back({found->second, row.revision, row.time});
        newest_.erase(found);
      }
      superseded_.push_back({row.revision, row.revision, row.time});
      return;
    }
    const auto [entry, added] = newest_.try_emplace(std::move(key), row.revision);
    if (added) return;
    superseded_.push_back({entry->second, row.revision, row.time});
    entry->second = row.revision;
  }

  void keep_in_window(const Row& row) {
    tail_.push_back({row.batch, row.object.size()});
    tail_bytes_ += row.object.size();
    while (tail_.size() > options_.window_changes || tail_bytes_ > options_.window_bytes) {
      const std::int64_t batch = tail_.front().batch;
      window_begin_ = std::max(window_begin_, batch);
      for (; !tail_.empty() && tail_.front().batch == batch; tail_.pop_front()) tail_bytes_ -= tail_.front().bytes;
    }
  }

  const StoreOptions& options_;
  std::int64_t last_ = 0;
  std::int64_t window_begin_;
  std::unordered_map<std::string, std::int64_t> newest_;  // only looked up, never walked
  std::deque<Superseded> superseded_;
  std::deque<Tail> tail_;
  std::size_t tail_bytes_ = 0;
};

// Second reading: objects, indexes and the window.
class Rebuild {
 public:
  Rebuild(State& state, Window& window, const std::deque<Superseded>& superseded)
      : state_(state), window_(window), begin_(window.oldest()) {
    for (const Superseded& row : superseded) {
      if (row.by <= begin_) skipped_.push_back(row.revision);
    }
    std::sort(skipped_.begin(), skipped_.end());
  }

  Status see(const Row& row) {
    while (next_skipped_ < skipped_.size() && skipped_[next_skipped_] < row.revision) ++next_skipped_;
    if (next_skipped_ < skipped_.size() && skipped_[next_skipped_] == row.revision) return {};
    TRY(const Node node, parse_own_json(row.object));
    DecodeOptions lenient;
    lenient.unknown = Unknown::ignore;
    TRY(std::shared_ptr<Object> object, decode_object(node, nullptr, lenient, nullptr));
    const Meta& metadata = object->metadata;
    if (metadata.resource_version != row.revision || metadata.name != row.name || metadata.ns != row.ns ||
        object->kind->resource() != row.kind) {
      return damaged(str("the object is not the row's ", row.kind, " ", row.ns, "/", row.name));
    }
    const Key key = key_of(*object);
    Change change;
    if (row.deleted) {
      change.before = state_.erase(key);
    } else {
      change.after = std::move(object);
      change.before = state_.put(change.after);
    }
    if (row.revision <= begin_) return {};
    if (row.deleted && change.before == nullptr) return damaged("an object is deleted that does not exist");
    if (changes_ != nullptr && batch_ != row.batch) flush();
    if (changes_ == nullptr) changes_ = std::make_shared<Changes>();
    batch_ = row.batch;
    changes_->changes.push_back(std::move(change));
    changes_->json.push_back(std::make_shared<const std::string>(row.object));
    changes_->revisions.push_back(row.revision);
    changes_->time = row.time;
    return {};
  }

  void flush() {
    if (changes_ != nullptr) window_.add(std::move(changes_));
    changes_ = nullptr;
  }

 private:
  State& state_;
  Window& window_;
  const std::int64_t begin_;
  std::vector<std::int64_t> skipped_;
  std::size_t next_skipped_ = 0;
  std::shared_ptr<Changes> changes_;
  std::int64_t batch_ = 0;
};

}  // namespace

Result<Recovered> recover(Log& log, const StoreOptions& options) {
  Recovered out{{}, Window(options.window_changes, options.window_bytes), {}};
  std::int64_t last = log.compacted();
  {
    Survey survey(log.compacted(), options);
    TRY_VOID(log.replay([&](const Row& row) { return survey.see(row); }));
    last = std::max(last, survey.last());
    out.window.begin_at(survey.window_begin());
    out.superseded = survey.take_superseded();
  }
  Rebuild rebuild(out.state, out.window, out.superseded);
  TRY_VOID(log.replay([&](const Row& row) { return rebuild.see(row); }));
  rebuild.flush();
  out.state.set_revision(last);
  return out;
}

}  // namespace muster::store
