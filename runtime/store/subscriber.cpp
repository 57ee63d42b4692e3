#include "runtime/store/subscriber.h"

#include <utility>

#include "runtime/store/window.h"

namespace muster::store {

namespace {

// So many waiting commits become one: each keeps a version of the state alive.
constexpr std::size_t merge_at = 256;

std::size_t bytes_of(const Commit& commit) {
  std::size_t sum = 0;
  for (const auto& text : commit.json) sum += text->size();
  return sum;
}

}  // namespace

Subscriber::Subscriber(Loop& loop, Callback callback, std::size_t most_bytes)
    : loop_(loop), callback_(std::move(callback)), most_bytes_(most_bytes) {}

void Subscriber::start(CommitPtr past) {
  const std::lock_guard lock(mutex_);
  started_ = true;
  if (past != nullptr && !cut_) pending_.insert(pending_.begin(), std::move(past));
  if (!pending_.empty() || cut_) post();
}

void Subscriber::offer(const CommitPtr& commit) {
  const std::lock_guard lock(mutex_);
  if (dropped_ || cut_) return;
  add(commit);
  if (started_) post();
}

void Subscriber::cut() {
  const std::lock_guard lock(mutex_);
  cut_ = true;
  pending_.clear();
  if (started_) post();
}

void Subscriber::add(const CommitPtr& commit) {
  if (cut_) return;
  pending_.push_back(commit);
  bytes_ += bytes_of(*commit);
  if (++single_ == merge_at) {
    const std::size_t from = pending_.size() - single_;
    CommitPtr one = merged(pending_, from);
    pending_.resize(from);
    pending_.push_back(std::move(one));
    single_ = 0;
  }
  if (bytes_ > most_bytes_) {
    cut_ = true;
    pending_.clear();
  }
}

void Subscriber::post() {
  if (posted_ || dropped_) return;
  posted_ = true;
  // Under the mutex: after drop() the loop may be gone.
  loop_.post([self = shared_from_this()] { self->deliver(); });
}

void Subscriber::deliver() {
  std::vector<CommitPtr> commits;
  bool cut = false;
  {
    const std::lock_guard lock(mutex_);
    posted_ = false;
    commits.swap(pending_);
    single_ = 0;
    bytes_ = 0;
    cut = cut_;
  }
  for (CommitPtr& commit : commits) {
    if (dropped_) return;
    callback_(commit);
    commit = nullptr;
  }
  if (cut && !dropped_) callback_(nullptr);
}

void Subscriber::drop() {
  const std::lock_guard lock(mutex_);
  dropped_ = true;
  pending_.clear();
}

}  // namespace muster::store
