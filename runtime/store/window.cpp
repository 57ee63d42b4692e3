#include "runtime/store/window.h"

#include <algorithm>
#include <utility>

namespace muster::store {

namespace {

template <class Part>
void append_part(Commit& commit, const Part& part) {
  commit.changes.insert(commit.changes.end(), part.changes.begin(), part.changes.end());
  commit.json.insert(commit.json.end(), part.json.begin(), part.json.end());
  commit.revisions.insert(commit.revisions.end(), part.revisions.begin(), part.revisions.end());
  commit.time = part.time;
}

}  // namespace

std::size_t Changes::bytes() const {
  std::size_t sum = 0;
  for (const auto& text : json) sum += text->size();
  return sum;
}

CommitPtr commit_of(const std::vector<ChangesPtr>& parts, State state) {
  auto commit = std::make_shared<Commit>();
  commit->state = std::move(state);
  for (const ChangesPtr& part : parts) append_part(*commit, *part);
  return commit;
}

CommitPtr merged(const std::vector<CommitPtr>& commits, std::size_t from) {
  auto commit = std::make_shared<Commit>();
  commit->state = commits.back()->state;
  for (std::size_t i = from; i < commits.size(); ++i) append_part(*commit, *commits[i]);
  return commit;
}

std::vector<ChangesPtr> Window::add(ChangesPtr changes) {
  changes_ += changes->changes.size();
  bytes_ += changes->bytes();
  kept_.push_back(std::move(changes));
  std::vector<ChangesPtr> dropped;
  while (!kept_.empty() && (changes_ > most_changes_ || bytes_ > most_bytes_)) {
    changes_ -= kept_.front()->changes.size();
    bytes_ -= kept_.front()->bytes();
    oldest_ = kept_.front()->last();
    dropped.push_back(std::move(kept_.front()));
    kept_.pop_front();
  }
  return dropped;
}

std::vector<ChangesPtr> Window::after(std::int64_t revision) const {
  const auto first = std::partition_point(kept_.begin(), kept_.end(),
                                          [&](const ChangesPtr& changes) { return changes->last() <= revision; });
  return {first, kept_.end()};
}

}  // namespace muster::store
