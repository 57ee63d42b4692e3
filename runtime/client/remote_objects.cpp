#include "runtime/client/remote_objects.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "api/base/text.h"
#include "api/types/cluster.h"
#include "runtime/base/log.h"
#include "runtime/client/api_client.h"
#include "runtime/client/feed_reader.h"
#include "runtime/client/fill.h"
#include "runtime/store/commit_text.h"

namespace muster::client {
namespace {

using Done = std::function<void(Result<store::Committed>)>;

// With this the server cannot go on from where the cache is.
bool needs_list(const Error& error) {
  return error.code == Code::gone || error.code == Code::too_large;
}

std::string cluster_uid(const State& state) {
  const auto cluster = state.get<Cluster>({}, "default");
  return cluster == nullptr ? std::string() : cluster->metadata.uid;
}

Error look_again() {
  return {Code::conflict, "the connection to the server was lost meanwhile; look again", {}};
}

}  // namespace

// All on the loop, but for the cache, which guards itself.
struct RemoteObjects::Impl : std::enable_shared_from_this<RemoteObjects::Impl> {
  Loop& loop;
  std::unique_ptr<Transport> transport;
  Random& random;
  const RemoteOptions options;
  Cache cache;

  std::function<void()> ready;
  bool has_state = false;         // the cache follows the server's commits; false: list first
  std::unique_ptr<Fill> fill;     // while lists are read
  std::optional<Filled> staging;  // listed, but not caught up with the feed yet
  std::unique_ptr<http::Call> call;
  std::shared_ptr<FeedReader> reader;
  bool in_step = false;       // connected and caught up
  std::uint64_t attempt = 0;  // what an earlier attempt still has to say is not heard
  int failures = 0;           // in a row
  Loop::Timer retry_timer = 0, silence_timer = 0;
  Duration last_heard{};
  std::map<std::uint64_t, Done> waiting;  // of batches: held ones and those at the server
  std::vector<std::uint64_t> held;
  std::uint64_t next_batch = 0;

  Impl(Loop& l, std::unique_ptr<Transport> t, Random& r, RemoteOptions o)
      : loop(l), transport(std::move(t)), random(r), options(o), cache(o.cache) {}

  void connect() {
    ++attempt;
    if (has_state) return follow(cache.state());
    fill = std::make_unique<Fill>(*transport, options.page, options.timeout,
                                  [weak = weak_from_this()](Result<Filled> filled) {
                                    if (const auto self = weak.lock()) self->listed(std::move(filled));
                                  });
    fill->start();
  }

  void listed(Result<Filled> filled) {
    fill = nullptr;
    if (!filled.ok()) return failed(filled.error());
    staging = std::move(filled).value();
    State from = staging->state;
    from.set_revision(staging->oldest);
    follow(from);
  }

  // Asks for all commits after the state's revision.
  void follow(const State& from) {
    http::Request request;
    request.target = str(store::commits_path, "?resourceVersion=", from.revision());
    request.headers.emplace_back("User-Agent", "muster");
    reader = std::make_shared<FeedReader>(
        [this](std::vector<FeedChange> changes, std::int64_t revision) { return take(std::move(changes), revision); });
    auto refusal = std::make_shared<std::optional<http::Response>>();
    const auto mine = [weak = weak_from_this(), now = attempt]() -> std::shared_ptr<Impl> {
      auto self = weak.lock();
      return self != nullptr && self->attempt == now ? self : nullptr;
    };
    http::StreamCallbacks callbacks;
    callbacks.on_head = [mine, refusal, uid = cluster_uid(from)](const http::Response& head) {
      const auto self = mine();
      if (self == nullptr) return;
      if (head.status != 200) {
        *refusal = head;
      } else if (http::header(head.headers, store::cluster_uid_header) != uid) {
        self->failed(Error{Code::gone, "the server has another cluster than before", {}});
      }
    };
    callbacks.on_bytes = [mine, refusal](std::string_view bytes) {
      const auto self = mine();
      if (self == nullptr) return;
      self->last_heard = self->loop.monotonic();
      if (*refusal) {
        (*refusal)->body += bytes.substr(0, 4096);
        return;
      }
      const auto using_it = self->reader;
      if (const Status status = using_it->read(bytes); !status.ok()) self->failed(status.error());
    };
    callbacks.on_end = [mine, refusal](const Status& end) {
      const auto self = mine();
      if (self == nullptr) return;
      if (*refusal) return self->failed(error_of(**refusal));
      self->failed(end.ok() ? Error{Code::unavailable, "the server ended the feed of commits", {}} : end.error());
    };
    last_heard = loop.monotonic();
    call = transport->stream(std::move(request), options.timeout, std::move(callbacks));
    listen_for_silence(options.silence);
  }

  void listen_for_silence(Duration wait) {
    silence_timer = loop.after(wait, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self == nullptr) return;
      self->silence_timer = 0;
      const Duration quiet = self->loop.monotonic() - self->last_heard;
      if (quiet < self->options.silence) return self->listen_for_silence(self->options.silence - quiet);
      self->failed(Error{Code::timeout, str("no sign of life for ", format_duration(quiet)), {}});
    });
  }

  Status take(std::vector<FeedChange> changes, std::int64_t revision) {
    if (staging) {
      catch_up(std::move(changes), revision);
    } else {
      TRY_VOID(advance(std::move(changes), revision));
    }
    if (staging || in_step) return {};
    in_step = true;
    if (failures > 0) log::info("connected to the server again", {{"revision", revision}});
    failures = 0;
    has_state = true;
    // The views come first, so that whoever looks again sees what has happened meanwhile.
    for (const std::uint64_t id : std::exchange(held, {})) answer(id, look_again());
    if (const auto call_ready = std::exchange(ready, nullptr)) call_ready();
    return {};
  }

  // Until the newest list's revision each kind is as its own list said, and takes only what came after that.
  void catch_up(std::vector<FeedChange> changes, std::int64_t revision) {
    for (FeedChange& change : changes) {
      if (change.object->metadata.resource_version <= staging->listed[change.object->kind->index]) continue;
      if (change.deleted) {
        staging->state.erase(key_of(*change.object));
      } else {
        staging->state.put(std::move(change.object));
      }
    }
    if (revision < staging->newest) return;
    staging->state.set_revision(revision);
    cache.replace(std::move(staging->state));
    staging.reset();
  }

  Status advance(std::vector<FeedChange> changes, std::int64_t revision) {
    State state = cache.state();
    auto commit = std::make_shared<store::Commit>();
    commit->time = loop.now();
    for (FeedChange& change : changes) {
      const std::int64_t at = change.object->metadata.resource_version;
      if (at <= state.revision()) continue;
      Change done;
      if (change.deleted) {
        done.before = state.erase(key_of(*change.object));
        if (done.before == nullptr)
          return Error{Code::gone, str("the cache does not know ", display_name(*change.object)), {}};
      } else {
        done.after = std::move(change.object);
        done.before = state.put(done.after);
      }
      commit->changes.push_back(std::move(done));
      commit->json.push_back(std::move(change.json));
      commit->revisions.push_back(at);
    }
    if (commit->changes.empty()) return {};
    state.set_revision(revision);
    commit->state = std::move(state);
    cache.apply(std::move(commit));
    return {};
  }

  void failed(const Error& error) {
    ++attempt;
    call = nullptr;
    reader = nullptr;
    fill = nullptr;
    staging.reset();
    in_step = false;
    loop.cancel(std::exchange(silence_timer, 0));
    if (needs_list(error)) has_state = false;
    if (failures++ == 0) {
      log::warning("the connection to the server is lost; trying again",
                   {{"error", error.text()}, {"next", has_state ? "resume" : "list"}});
    }
    loop.cancel(retry_timer);
    retry_timer = loop.after(retry_delay(), [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self == nullptr) return;
      self->retry_timer = 0;
      self->connect();
    });
  }

  // Doubling, and up to half of it shorter, so that many clients of a server that returns do not come together.
  Duration retry_delay() {
    const Duration whole =
        std::min(options.first_retry * (std::int64_t{1} << std::min(failures - 1, 20)), options.longest_retry);
    return whole - whole * static_cast<std::int64_t>(random.next() % 512) / 1024;
  }

  void commit(const store::Batch& batch, Done done) {
    const std::uint64_t id = ++next_batch;
    if (!in_step) {
      if (held.size() >= options.held_batches)
        return done(Error{Code::too_many, str("more than ", options.held_batches, " batches wait for the server"), {}});
      waiting.emplace(id, std::move(done));
      held.push_back(id);
      return;
    }
    waiting.emplace(id, std::move(done));
    http::Request request;
    request.method = "POST";
    request.target = store::commits_path;
    if (batch.mode == store::Batch::Mode::dry_run) request.target += "?dryRun=All";
    request.headers.emplace_back("Content-Type", "application/json");
    request.headers.emplace_back("User-Agent", "muster");
    request.body = store::write_batch(batch);
    transport->send(std::move(request), options.timeout,
                    [weak = weak_from_this(), id](Result<http::Response> response) {
                      if (const auto self = weak.lock()) self->answered(id, std::move(response));
                    });
  }

  void answered(std::uint64_t id, Result<http::Response> response) {
    if (!response.ok()) return answer(id, std::move(response).error().under("the batch may have been committed"));
    if (response->status != 200) return answer(id, error_of(*response));
    answer(id, store::read_committed(response->body));
  }

  void answer(std::uint64_t id, Result<store::Committed> result) {
    auto node = waiting.extract(id);
    if (!node.empty()) node.mapped()(std::move(result));
  }

  void end() {
    ++attempt;
    fill = nullptr;
    call = nullptr;
    loop.cancel(retry_timer);
    loop.cancel(silence_timer);
    transport = nullptr;
    const std::map<std::uint64_t, Done> unanswered = std::exchange(waiting, {});
    for (const auto& [id, done] : unanswered) done(Error{Code::unavailable, "the client is shutting down", {}});
  }
};

RemoteObjects::RemoteObjects(Loop& loop, std::unique_ptr<Transport> transport, Random& random, RemoteOptions options)
    : impl_(std::make_shared<Impl>(loop, std::move(transport), random, options)) {}

RemoteObjects::~RemoteObjects() {
  impl_->end();
}

void RemoteObjects::start(std::function<void()> ready) {
  impl_->ready = std::move(ready);
  impl_->connect();
}

bool RemoteObjects::synced() const {
  return impl_->in_step;
}

State RemoteObjects::state() const {
  return impl_->cache.state();
}

void RemoteObjects::commit(store::Batch batch, std::function<void(Result<store::Committed>)> done) {
  impl_->loop.post([weak = std::weak_ptr<Impl>(impl_), batch = std::move(batch), done = std::move(done)] {
    if (const auto self = weak.lock(); self != nullptr && self->transport != nullptr) return self->commit(batch, done);
    done(Error{Code::unavailable, "the client is shutting down", {}});
  });
}

Result<std::unique_ptr<store::Subscription>> RemoteObjects::subscribe(
    std::int64_t from, Loop& loop, std::function<void(const store::CommitPtr&)> callback) {
  return impl_->cache.subscribe(from, loop, std::move(callback));
}

}  // namespace muster::client
