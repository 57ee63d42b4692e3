// What a client needs to keep a State of its own in step with the store's, whatever the kinds: one ordered feed of all
// commits, and batches of writes. The controllers of another process work over these two; so may anybody else who may
// list, watch and write all kinds.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "runtime/http/server.h"
#include "runtime/store/objects.h"

namespace muster::server {

struct CommitsOptions {
  std::size_t feeds = 64;                         // at once; more: 429
  std::size_t feed_bytes = 64U << 20U;            // waiting for one slow follower before it is cut off
  std::size_t step_bytes = 256U << 10U;           // handed to the connection at a time
  Duration pause = std::chrono::milliseconds(2);  // between such steps
  Duration bookmark_interval = std::chrono::seconds(10);
};

// On the server's loop only.
class Commits {
 public:
  // Both must outlive this.
  Commits(store::Objects& objects, Loop& loop, CommitsOptions options);
  ~Commits();
  Commits(const Commits&) = delete;
  Commits& operator=(const Commits&) = delete;

  // GET ?resourceVersion=N: all commits after that revision, as runtime/store/commit_text.h writes them, 410 when they
  // are not kept any more. POST: commits the batch as a whole; ?dryRun=All only says what would become of it.
  void handle(const std::shared_ptr<http::Exchange>& exchange);
  // Told what a POST has written, before its sender is.
  void on_written(std::function<void(const std::vector<Admitted>&)> observer) { written_ = std::move(observer); }
  // Ends all feeds; followers resume by themselves.
  void end_feeds();

 private:
  class Feed;
  void follow(const http::Target& target, const std::shared_ptr<http::Exchange>& exchange);
  void commit(const http::Target& target, const std::shared_ptr<http::Exchange>& exchange);
  void bookmarks();

  store::Objects& objects_;
  Loop& loop_;
  CommitsOptions options_;
  std::function<void(const std::vector<Admitted>&)> written_;
  using Feeds = std::list<std::shared_ptr<Feed>>;
  std::shared_ptr<Feeds> feeds_ = std::make_shared<Feeds>();  // shared with callbacks that may come after the end
  Loop::Timer bookmark_timer_ = 0;
};

}  // namespace muster::server
