#include "runtime/server/commits.h"

#include <deque>
#include <utility>

#include "api/base/text.h"
#include "api/types/cluster.h"
#include "runtime/base/log.h"
#include "runtime/server/status.h"
#include "runtime/store/commit_text.h"

namespace muster::server {
namespace {

using Bytes = std::shared_ptr<const std::string>;
using store::FeedType;

}  // namespace

// One follower. Lines wait here and not in the connection, whose buffer is sized for watches of single kinds.
class Commits::Feed : public std::enable_shared_from_this<Commits::Feed> {
 public:
  Feed(Loop& loop, const CommitsOptions& options, std::int64_t from)
      : loop_(loop), options_(options), revision_(from) {}
  ~Feed() = default;  // may run when the loop ends and drops what was posted: nothing is asked of the loop here
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  void open(std::shared_ptr<http::Stream> stream, std::function<void()> on_closed) {
    stream_ = std::move(stream);
    closed_ = std::move(on_closed);
    stream_->on_close([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->end();
    });
  }
  void subscribed(std::unique_ptr<store::Subscription> subscription) { subscription_ = std::move(subscription); }

  void take(const store::CommitPtr& commit) {
    if (stream_ == nullptr) return;
    if (commit == nullptr) return cut("the feed of commits was too far behind");
    for (std::size_t i = 0; i < commit->changes.size(); ++i) {
      if (commit->revisions[i] <= revision_) continue;
      const Change& change = commit->changes[i];
      const FeedType type = change.after == nullptr    ? FeedType::deleted
                            : change.before == nullptr ? FeedType::added
                                                       : FeedType::modified;
      push({type, commit->json[i]});
    }
    revision_ = commit->state.revision();
    bookmark();
  }

  void bookmark() {
    if (stream_ == nullptr) return;
    push({FeedType::bookmark, std::make_shared<const std::string>(store::write_bookmark(revision_))});
    if (waiting_bytes_ > options_.feed_bytes) return cut("a follower of commits is too slow");
    write();
  }

  void finish() {
    if (stream_ != nullptr) stream_->finish();
    end();
  }

 private:
  // A bookmark is kept as its line; of the others the object, which all followers and watchers share.
  struct Waiting {
    FeedType type;
    Bytes text;
  };

  void push(Waiting line) {
    waiting_bytes_ += line.text->size();
    waiting_.push_back(std::move(line));
  }

  void write() {
    if (timer_ != 0) return;
    while (stream_ != nullptr && !waiting_.empty() && stream_->queued() < options_.step_bytes) {
      const Waiting line = std::move(waiting_.front());
      waiting_.pop_front();
      waiting_bytes_ -= line.text->size();
      Bytes bytes = line.type == FeedType::bookmark
                        ? line.text
                        : std::make_shared<const std::string>(store::write_feed_line(line.type, *line.text));
      if (!stream_->write(std::move(bytes))) return end();
    }
    if (stream_ == nullptr || waiting_.empty()) return;
    timer_ = loop_.after(options_.pause, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self == nullptr) return;
      self->timer_ = 0;
      self->write();
    });
  }

  // Dropped without its proper end: the follower resumes, or lists again.
  void cut(std::string_view why) {
    log::warning(why, {{"waiting_bytes", waiting_bytes_}});
    end();
  }

  void end() {
    if (stream_ == nullptr) return;
    loop_.cancel(std::exchange(timer_, 0));
    waiting_.clear();
    stream_ = nullptr;
    // Not now: this may be a callback of the subscription's or the stream's own.
    loop_.post([self = shared_from_this()] {
      self->subscription_ = nullptr;
      if (const auto closed = std::exchange(self->closed_, nullptr)) closed();
    });
  }

  Loop& loop_;
  const CommitsOptions options_;
  std::int64_t revision_;  // of the last commit in the queue
  std::shared_ptr<http::Stream> stream_;
  std::unique_ptr<store::Subscription> subscription_;
  std::function<void()> closed_;
  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  Loop::Timer timer_ = 0;
};

Commits::Commits(store::Objects& objects, Loop& loop, CommitsOptions options)
    : objects_(objects), loop_(loop), options_(options) {}

Commits::~Commits() {
  loop_.cancel(bookmark_timer_);
}

void Commits::handle(const std::shared_ptr<http::Exchange>& exchange) {
  const auto target = http::parse_target(exchange->request().target);
  if (!target.ok()) return exchange->respond(error_response(target.error()));
  if (exchange->request().method == "GET") return follow(*target, exchange);
  if (exchange->request().method == "POST") return commit(*target, exchange);
  exchange->respond(
      error_response(Error{Code::not_allowed, str(exchange->request().method, " is not served for commits"), {}}));
}

void Commits::follow(const http::Target& target, const std::shared_ptr<http::Exchange>& exchange) {
  const auto from = parse_int(target.param("resourceVersion"));
  if (!from || *from < 0) {
    return exchange->respond(error_response(
        Error{Code::malformed, "resourceVersion: must be the one of a list or of a bookmark that was received", {}}));
  }
  if (feeds_->size() >= options_.feeds) {
    return exchange->respond(
        error_response(Error{Code::too_many, str("more than ", options_.feeds, " feeds of commits"), {}}));
  }
  const auto feed = std::make_shared<Feed>(loop_, options_, *from);
  auto subscription =
      objects_.subscribe(*from, loop_, [weak = std::weak_ptr<Feed>(feed)](const store::CommitPtr& commit) {
        if (const auto self = weak.lock()) self->take(commit);
      });
  if (!subscription.ok()) {
    // A revision of the future is one that this server never gave out: to be listed again just the same.
    Error error = std::move(subscription).error();
    if (error.code == Code::invalid) error.code = Code::gone;
    return exchange->respond(error_response(error));
  }
  http::Response head;
  head.headers.emplace_back("Content-Type", "application/json");
  head.headers.emplace_back("Cache-Control", "no-cache");
  if (const auto cluster = objects_.state().get<Cluster>({}, "default"))
    head.headers.emplace_back(store::cluster_uid_header, cluster->metadata.uid);
  feeds_->push_back(feed);
  feed->open(exchange->stream(std::move(head)),
             [feeds = std::weak_ptr<Feeds>(feeds_), weak = std::weak_ptr<Feed>(feed)] {
               if (const auto list = feeds.lock()) list->remove(weak.lock());
             });
  feed->subscribed(std::move(subscription).value());
  // After what the subscription has posted: the follower is up to date when it reads this.
  loop_.post([feed] { feed->bookmark(); });
  if (bookmark_timer_ == 0) bookmarks();
}

void Commits::commit(const http::Target& target, const std::shared_ptr<http::Exchange>& exchange) {
  auto batch = store::read_batch(exchange->request().body);
  if (!batch.ok()) return exchange->respond(error_response(batch.error()));
  if (target.has("dryRun")) {
    if (target.param("dryRun") != "All") {
      return exchange->respond(
          error_response(Error{Code::invalid, "dryRun: Unsupported value: supported values: \"All\"", {}}));
    }
    batch->mode = store::Batch::Mode::dry_run;
  }
  objects_.commit(std::move(batch).value(), [this, &loop = loop_, exchange,
                                             alive = std::weak_ptr<Feeds>(feeds_)](Result<store::Committed> result) {
    auto shared = std::make_shared<Result<store::Committed>>(std::move(result));
    loop.post([this, exchange, alive, shared] {
      if (shared->ok() && alive.lock() != nullptr && written_) written_((*shared)->results);
      exchange->respond(shared->ok() ? json_response(200, store::write_committed(**shared))
                                     : error_response(shared->error()));
    });
  });
}

void Commits::bookmarks() {
  bookmark_timer_ = loop_.after(options_.bookmark_interval, [this] {
    bookmark_timer_ = 0;
    // A copy: a follower that has gone leaves the list.
    const Feeds feeds = *feeds_;
    for (const auto& feed : feeds) feed->bookmark();
    if (!feeds_->empty()) bookmarks();
  });
}

void Commits::end_feeds() {
  const Feeds feeds = *feeds_;
  for (const auto& feed : feeds) feed->finish();
}

}  // namespace muster::server
