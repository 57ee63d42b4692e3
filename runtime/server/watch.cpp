#include "runtime/server/watch.h"

#include "api/base/text.h"
#include "runtime/base/log.h"
#include "runtime/server/event_sink.h"
#include "runtime/server/resources.h"
#include "runtime/server/revision_rules.h"
#include "runtime/server/status.h"
#include "runtime/server/table.h"

namespace muster::server {
namespace {

using Bytes = std::shared_ptr<const std::string>;

constexpr Duration revision_patience = std::chrono::seconds(3);  // Kubernetes

Bytes event_line(std::string_view type, std::string_view object) {
  return std::make_shared<const std::string>(str("{\"type\":\"", type, "\",\"object\":", object, "}\n"));
}

bool fits(const Object* object, const Call& call) {
  return object != nullptr && (call.ns.empty() || object->metadata.ns == call.ns) &&
         (call.name.empty() || object->metadata.name == call.name) && call.labels.matches(object->metadata.labels) &&
         call.fields.matches(*object);
}

}  // namespace

struct WatchHub::Watcher {
  Call call;
  std::unique_ptr<EventSink> stream;
  bool columns_sent = false;
  bool closed = false;
  Loop::Timer timer = 0;

  // The object in the form that was asked for; the plain form is never made here.
  std::string form(const Object& object, Time now) {
    if (call.form == Call::Form::metadata) return metadata_json(object);
    const ObjectPtr pointer(ObjectPtr(), &object);  // does not own: the table is made at once
    std::string table =
        table_json(*object.kind, {pointer}, str("{\"resourceVersion\":\"", object.metadata.resource_version, "\"}"),
                   row_object(call.include_object), now);
    if (columns_sent) {
      // Only the first event carries the columns.
      const std::size_t begin = table.find(",\"columnDefinitions\":[");
      const std::size_t end = table.find("],\"rows\":", begin);
      if (begin != std::string::npos && end != std::string::npos)
        table.replace(begin, end + 1 - begin, ",\"columnDefinitions\":null");
    }
    columns_sent = true;
    return table;
  }
};

WatchHub::WatchHub(store::Objects& objects, Loop& loop, Options options)
    : objects_(objects), loop_(loop), options_(options), by_kind_(all_kinds().size()) {}

WatchHub::~WatchHub() {
  *alive_ = false;
  subscription_.reset();
  loop_.cancel(bookmark_timer_);
  for (Watchers& watchers : by_kind_) {
    for (const auto& watcher : watchers) loop_.cancel(watcher->timer);
  }
}

Status WatchHub::start(std::int64_t from) {
  state_ = objects_.state();
  TRY_VOID(subscribe(from));
  bookmarks();
  return {};
}

Result<State> WatchHub::state_at(std::int64_t revision) const {
  if (revision < resumable_ || revision > state_.revision()) {
    return Error{Code::gone, str("The resourceVersion for the provided list is too old: ", revision), {}};
  }
  State state = state_;
  for (auto commit = window_.rbegin(); commit != window_.rend() && commit->revisions.back() > revision; ++commit) {
    for (std::size_t i = commit->changes.size(); i-- > 0 && commit->revisions[i] > revision;) {
      const Change& change = commit->changes[i];
      if (commit->revisions[i] > state_.revision()) continue;
      if (change.before != nullptr) {
        state.put(change.before);
      } else {
        state.erase(key_of(*change.after));
      }
    }
  }
  state.set_revision(revision);
  return state;
}

Status WatchHub::subscribe(std::int64_t from) {
  TRY(subscription_, objects_.subscribe(from, loop_, [this](const store::CommitPtr& commit) {
    if (commit == nullptr) return reset();
    take(commit);
  }));
  resumable_ = from;
  return {};
}

void WatchHub::end_streams() {
  for (Watchers& watchers : by_kind_) {
    for (const auto& watcher : watchers) {
      watcher->closed = true;
      loop_.cancel(watcher->timer);
      watcher->stream->finish();
    }
    watchers.clear();
  }
}

// Watchers are told to list again where resuming is no longer possible.
void WatchHub::reset() {
  log::warning("the watch feed was too far behind and begins again", {{"streams", streams()}});
  end_streams();
  window_.clear();
  window_changes_ = window_bytes_ = 0;
  state_ = objects_.state();
  subscription_.reset();
  if (const Status status = subscribe(state_.revision()); !status.ok()) {
    loop_.post([this, alive = alive_] {
      if (*alive) reset();
    });
    return;
  }
  for (const auto& callback : resets_) callback();
}

std::size_t WatchHub::streams() const {
  std::size_t count = 0;
  for (const Watchers& watchers : by_kind_) count += watchers.size();
  return count;
}

void WatchHub::take(const store::CommitPtr& commit) {
  window_.push_back(Kept{commit->changes, commit->json, commit->revisions, commit->time});
  window_changes_ += commit->changes.size();
  for (const Bytes& json : commit->json) window_bytes_ += json->size();
  while (window_.size() > 1 && (window_changes_ > options_.window_changes || window_bytes_ > options_.window_bytes)) {
    const Kept& oldest = window_.front();
    window_changes_ -= oldest.changes.size();
    for (const Bytes& json : oldest.json) window_bytes_ -= json->size();
    resumable_ = oldest.revisions.back();
    window_.pop_front();
  }
  // The feed begins in the past, so that those commits can be resumed; nobody watches yet when they arrive.
  if (commit->state.revision() <= state_.revision()) return;
  state_ = commit->state;
  for (const Kind& kind : all_kinds()) {
    Watchers& watchers = by_kind_[kind.index];
    if (watchers.empty()) continue;
    bool concerned = false;
    for (const Change& change : commit->changes) concerned = concerned || change.object().kind == &kind;
    if (!concerned) continue;
    // One event's bytes per type, made when the first watcher needs them, for all watchers of the plain form.
    std::vector<std::array<Bytes, 3>> lines(commit->changes.size());
    constexpr std::string_view types[] = {"ADDED", "MODIFIED", "DELETED"};
    for (auto it = watchers.begin(); it != watchers.end();) {
      Watcher& watcher = **it;
      ++it;  // a failed write takes the watcher off the list
      for (std::size_t i = 0; i < commit->changes.size() && !watcher.closed; ++i) {
        const Change& change = commit->changes[i];
        if (change.object().kind != &kind) continue;
        const bool was = fits(change.before.get(), watcher.call);
        const bool is = fits(change.after.get(), watcher.call);
        if (!was && !is) continue;
        const std::size_t type = is ? (was ? 1 : 0) : 2;
        Bytes line;
        if (watcher.call.form == Call::Form::object) {
          if (lines[i][type] == nullptr) lines[i][type] = event_line(types[type], *commit->json[i]);
          line = lines[i][type];
        } else {
          line = event_line(types[type], watcher.form(change.object(), commit->time));
        }
        ++events_sent_;
        if (!watcher.stream->write(std::move(line))) {
          ++streams_cut_;
          watcher.closed = true;
        }
      }
    }
    watchers.remove_if([this](const std::shared_ptr<Watcher>& watcher) {
      if (watcher->closed) loop_.cancel(watcher->timer);
      return watcher->closed;
    });
  }
  for (const auto& listener : listeners_) listener(commit);
}

void WatchHub::dispatch(const Kept& commit, Watcher& watcher, std::int64_t after) {
  for (std::size_t i = 0; i < commit.changes.size(); ++i) {
    const Change& change = commit.changes[i];
    if (commit.revisions[i] <= after || change.object().kind != watcher.call.kind) continue;
    const bool was = fits(change.before.get(), watcher.call);
    const bool is = fits(change.after.get(), watcher.call);
    if (!was && !is) continue;
    const std::string_view type = is ? (was ? "MODIFIED" : "ADDED") : "DELETED";
    ++events_sent_;
    watcher.stream->write(watcher.call.form == Call::Form::object
                              ? event_line(type, *commit.json[i])
                              : event_line(type, watcher.form(change.object(), commit.time)));
  }
}

void WatchHub::serve(const Call& call, const std::shared_ptr<http::Exchange>& exchange) {
  if (call.method != "GET") {
    exchange->respond(error_response(Error{Code::not_allowed, str(call.method, " is not served for a watch"), {}},
                                     Subject{call.kind, call.name}));
    return;
  }
  if (const Status status = check_watch_options(call); !status.ok()) {
    exchange->respond(error_response(status.error()));
    return;
  }
  if (call.revision.value_or(0) <= state_.revision()) return begin(call, exchange);
  // A client may be ahead of us only by what another server told it; it gets a moment's patience.
  loop_.after(revision_patience, [this, alive = alive_, call, exchange] {
    if (*alive) begin(call, exchange);
  });
}

// What the watcher misses between its revision and now.
void WatchHub::catch_up(Watcher& watcher) {
  const Call& call = watcher.call;
  if (wants_initial_events(call)) {
    select(state_, call, nullptr, [&](const ObjectPtr& object) {
      ++events_sent_;
      return watcher.stream->write(event_line(
          "ADDED", call.form == Call::Form::object ? encode_object(*object) : watcher.form(*object, loop_.now())));
    });
    if (call.send_initial_events && call.bookmarks) bookmark(watcher, Mark::initial_events_end);
    return;
  }
  const std::int64_t from = call.revision.value_or(0);
  if (from == 0) return;
  for (const Kept& commit : window_) {
    if (commit.revisions.back() > from && commit.revisions.back() <= state_.revision()) {
      dispatch(commit, watcher, from);
    }
  }
}

void WatchHub::begin(const Call& call, const std::shared_ptr<http::Exchange>& exchange) {
  auto watcher = std::make_shared<Watcher>();
  watcher->call = call;
  watcher->stream = open_events(*exchange);
  if (watcher->stream == nullptr) return;
  const std::int64_t from = call.revision.value_or(0);
  const bool old = from > 0 && from < resumable_ && !wants_initial_events(call);
  if (old || from > state_.revision()) {
    const Error error{old ? Code::gone : Code::timeout,
                      old ? str("too old resource version: ", from, " (", resumable_, ")")
                          : str("Too large resource version: ", from, ", current: ", state_.revision()),
                      {}};
    watcher->stream->write(event_line("ERROR", status_json(error, Subject{call.kind, {}})));
    watcher->stream->finish();
    return;
  }
  catch_up(*watcher);
  by_kind_[call.kind->index].push_back(watcher);
  watcher->stream->on_close([this, weak = std::weak_ptr<Watcher>(watcher)] {
    if (const auto self = weak.lock()) close(self);
  });
  watcher->timer = loop_.after(std::min(call.timeout.value_or(options_.longest_watch), options_.longest_watch),
                               [this, weak = std::weak_ptr<Watcher>(watcher)] {
                                 const auto self = weak.lock();
                                 if (self == nullptr || self->closed) return;
                                 if (self->call.bookmarks) bookmark(*self);
                                 self->stream->finish();
                                 close(self);
                               });
}

void WatchHub::close(const std::shared_ptr<Watcher>& watcher) {
  if (watcher->closed) return;
  watcher->closed = true;
  loop_.cancel(watcher->timer);
  by_kind_[watcher->call.kind->index].remove(watcher);
}

void WatchHub::bookmark(Watcher& watcher, Mark mark) {
  const Kind& kind = *watcher.call.kind;
  const bool whole = watcher.call.form != Call::Form::metadata;
  const std::string_view annotations =
      mark == Mark::initial_events_end ? R"(,"annotations":{"k8s.io/initial-events-end":"true"})" : "";
  watcher.stream->write(event_line(
      "BOOKMARK", str("{\"kind\":\"", whole ? kind.kind : "PartialObjectMetadata", "\",\"apiVersion\":\"",
                      whole ? kind.api_version() : "meta.k8s.io/v1", "\",\"metadata\":{\"resourceVersion\":\"",
                      state_.revision(), "\",\"creationTimestamp\":null", annotations, "}}")));
}

void WatchHub::bookmarks() {
  bookmark_timer_ = loop_.after(options_.bookmark_interval, [this] {
    for (Watchers& watchers : by_kind_) {
      for (const auto& watcher : watchers) {
        if (watcher->call.bookmarks) bookmark(*watcher);
      }
    }
    bookmarks();
  });
}

}  // namespace muster::server
