// Watches of the resource API: one ordered feed from the store, fanned out to any number of streams. Each change is
// encoded once per form and shared by all streams that get it.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "runtime/http/server.h"
#include "runtime/server/call.h"
#include "runtime/store/objects.h"

namespace muster::server {

// All on the server's loop.
class WatchHub {
 public:
  struct Options {
    std::size_t window_changes = 20'000;  // kept for watchers that resume
    std::size_t window_bytes = 24U << 20U;
    std::size_t backlog_bytes = 128U << 20U;  // that one watcher may be behind; more: its stream ends, it resumes
    Duration bookmark_interval = std::chrono::seconds(60);
    Duration longest_watch = std::chrono::minutes(45);
  };

  // Both must outlive the hub.
  WatchHub(store::Objects& objects, Loop& loop, Options options);
  ~WatchHub();
  WatchHub(const WatchHub&) = delete;
  WatchHub& operator=(const WatchHub&) = delete;

  // Begins the feed after revision `from`: later ones can be resumed. Code::gone when the store no longer has it.
  Status start(std::int64_t from);
  // Answers the exchange with a stream of events.
  void serve(const Call& call, const std::shared_ptr<http::Exchange>& exchange);
  // Calls back for each commit after the hub's own view has moved to it; for other parts of the server.
  void on_commit(std::function<void(const store::CommitPtr&)> callback) { listeners_.push_back(std::move(callback)); }
  // Calls back when the feed had fallen too far behind and begins anew: state() has jumped, commits between were not
  // seen.
  void on_reset(std::function<void()> callback) { resets_.push_back(std::move(callback)); }
  // The state as it was at an earlier revision. Code::gone when it lies before what is kept.
  Result<State> state_at(std::int64_t revision) const;
  // The newest state that all watchers have been told of.
  const State& state() const { return state_; }
  // Ends all streams; watchers resume by themselves.
  void end_streams();
  std::size_t streams() const;
  std::int64_t events_sent() const { return events_sent_; }
  std::int64_t streams_cut() const { return streams_cut_; }

 private:
  struct Watcher;
  using Watchers = std::list<std::shared_ptr<Watcher>>;

  // What is kept of a commit for watchers that resume: not its state, which would hold every replaced object.
  struct Kept {
    std::vector<Change> changes;
    std::vector<std::shared_ptr<const std::string>> json;
    std::vector<std::int64_t> revisions;
    Time time{};
  };

  // A watch that waits for the feed to reach what it begins with.
  struct Early {
    std::int64_t needed = 0;
    Loop::Timer timer = 0;  // then it begins as it can
    Call call;
    std::shared_ptr<http::Exchange> exchange;
  };

  Status subscribe(std::int64_t from);
  void reset();
  void take(const store::CommitPtr& commit);
  // The commit's changes after the revision, as changes of the view; `state` as projection::follow wants it.
  static Kept viewed(const Kind& view, const State& state, const Kept& commit, std::int64_t after);
  // To all who watch the kind.
  void deliver(const Kind& kind, const Kept& commit);
  bool dispatch(const Kept& commit, Watcher& watcher, std::int64_t after);
  // The line, or its place in the watcher's backlog when the peer is not ready for it. False: the watcher is too far
  // behind, or gone.
  bool send(Watcher& watcher, std::shared_ptr<const std::string> line);
  void feed(const std::shared_ptr<Watcher>& watcher);
  void feed_later(Watcher& watcher);
  void cut(Watcher& watcher);
  void begin_early();
  void begin(const Call& call, const std::shared_ptr<http::Exchange>& exchange);
  bool catch_up(Watcher& watcher);
  enum class Mark { plain, initial_events_end };
  void bookmark(Watcher& watcher, Mark mark = Mark::plain);
  void bookmarks();
  void close(const std::shared_ptr<Watcher>& watcher);

  store::Objects& objects_;
  Loop& loop_;
  Options options_;
  State state_;
  std::deque<Kept> window_;
  std::size_t window_changes_ = 0, window_bytes_ = 0;
  std::int64_t resumable_ = 0;  // watches may begin at this revision or later
  std::vector<Watchers> by_kind_;
  std::list<Early> early_;
  std::vector<std::function<void(const store::CommitPtr&)>> listeners_;
  std::vector<std::function<void()>> resets_;
  std::unique_ptr<store::Subscription> subscription_;
  Loop::Timer bookmark_timer_ = 0;
  std::int64_t events_sent_ = 0, streams_cut_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace muster::server
