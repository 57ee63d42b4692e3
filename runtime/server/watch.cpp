#include "runtime/server/watch.h"

#include <algorithm>

#include "api/base/text.h"
#include "runtime/base/log.h"
#include "runtime/server/event_sink.h"
#include "runtime/server/resources.h"
#include "runtime/server/revision_rules.h"
#include "runtime/server/status.h"
#include "runtime/server/table.h"
#include "runtime/server/views.h"

namespace muster::server {
namespace {

using Bytes = std::shared_ptr<const std::string>;

constexpr Duration revision_patience = std::chrono::seconds(3);  // Kubernetes
// Written ahead of the kernel for one watcher; the rest waits in its backlog, or the connection would be cut.
constexpr std::size_t written_ahead = 1U << 20U;
constexpr Duration feeding_interval = std::chrono::milliseconds(2);

Bytes event_line(std::string_view type, std::string_view object) {
  return std::make_shared<const std::string>(str("{\"type\":\"", type, "\",\"object\":", object, "}\n"));
}

bool fits(const Object* object, const Call& call) {
  return object != nullptr && (call.ns.empty() || object->metadata.ns == call.ns) &&
         (call.name.empty() || object->metadata.name == call.name) && call.labels.matches(object->metadata.labels) &&
         call.fields.matches(*object);
}

// What an event tells of a change: a deleted object as it was, with the revision of its deletion, for watchers go on
// from there.
ObjectPtr event_object(const Change& change, std::int64_t revision) {
  if (change.after != nullptr) return change.after;
  std::shared_ptr<Object> deleted = change.before->kind->copy(*change.before);
  deleted->metadata.resource_version = revision;
  return deleted;
}

void apply_changes(const std::vector<Change>& changes, State& state) {
  for (const Change& change : changes) {
    if (change.after != nullptr) {
      state.put(change.after);
    } else {
      state.erase(key_of(*change.before));
    }
  }
}

}  // namespace

struct WatchHub::Watcher : std::enable_shared_from_this<Watcher> {
  Call call;
  std::unique_ptr<EventSink> stream;
  bool columns_sent = false;
  bool closed = false;
  bool ending = false;  // when the backlog is empty
  Loop::Timer timer = 0;
  // Lines that the peer is not ready for, in order.
  std::deque<Bytes> backlog;
  std::size_t backlog_bytes = 0;
  Loop::Timer feeding = 0;

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
    : objects_(objects), loop_(loop), options_(options), by_kind_(served_kinds().size()) {}

WatchHub::~WatchHub() {
  *alive_ = false;
  subscription_.reset();
  loop_.cancel(bookmark_timer_);
  for (const Early& each : early_) loop_.cancel(each.timer);
  for (Watchers& watchers : by_kind_) {
    for (const auto& watcher : watchers) {
      loop_.cancel(watcher->timer);
      loop_.cancel(watcher->feeding);
    }
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
  for (const Early& each : early_) {
    loop_.cancel(each.timer);
    each.exchange->respond(error_response(Error{Code::unavailable, "the watch cannot begin now: ask again", {}}));
  }
  early_.clear();
  for (Watchers& watchers : by_kind_) {
    for (const auto& watcher : watchers) {
      watcher->closed = true;
      loop_.cancel(watcher->timer);
      loop_.cancel(watcher->feeding);
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
  const State before = std::exchange(state_, commit->state);
  for (const Kind& kind : served_kinds()) {
    if (by_kind_[kind.index].empty()) continue;
    deliver(kind, is_view(kind) ? viewed(kind, projection::follows_others(kind) ? before : state_, window_.back(), 0)
                                : window_.back());
  }
  for (const auto& listener : listeners_) listener(commit);
  if (!early_.empty()) begin_early();
}

WatchHub::Kept WatchHub::viewed(const Kind& view, const State& state, const Kept& commit, std::int64_t after) {
  Kept out;
  out.time = commit.time;
  const auto first = std::ranges::upper_bound(commit.revisions, after) - commit.revisions.begin();
  const std::vector<Change> changes(commit.changes.begin() + first, commit.changes.end());
  const std::vector<std::int64_t> revisions(commit.revisions.begin() + first, commit.revisions.end());
  for (projection::ViewChange& each : projection::follow(view, state, changes, revisions)) {
    out.json.push_back(std::make_shared<const std::string>(encode_object(*event_object(each.change, each.revision))));
    out.revisions.push_back(each.revision);
    out.changes.push_back(std::move(each.change));
  }
  return out;
}

void WatchHub::deliver(const Kind& kind, const Kept& commit) {
  const bool concerned =
      std::ranges::any_of(commit.changes, [&](const Change& change) { return change.object().kind == &kind; });
  if (!concerned) return;
  Watchers& watchers = by_kind_[kind.index];
  // One event's bytes per type, made when the first watcher needs them, for all watchers of the plain form.
  std::vector<std::array<Bytes, 3>> lines(commit.changes.size());
  constexpr std::string_view types[] = {"ADDED", "MODIFIED", "DELETED"};
  for (auto it = watchers.begin(); it != watchers.end();) {
    Watcher& watcher = **it;
    ++it;  // a failed write takes the watcher off the list
    for (std::size_t i = 0; i < commit.changes.size() && !watcher.closed; ++i) {
      const Change& change = commit.changes[i];
      if (change.object().kind != &kind) continue;
      const bool was = fits(change.before.get(), watcher.call);
      const bool is = fits(change.after.get(), watcher.call);
      if (!was && !is) continue;
      const std::size_t type = is ? (was ? 1 : 0) : 2;
      Bytes line;
      if (watcher.call.form == Call::Form::object) {
        if (lines[i][type] == nullptr) lines[i][type] = event_line(types[type], *commit.json[i]);
        line = lines[i][type];
      } else {
        line = event_line(types[type], watcher.form(*event_object(change, commit.revisions[i]), commit.time));
      }
      ++events_sent_;
      if (!send(watcher, std::move(line))) cut(watcher);
    }
  }
  watchers.remove_if([](const std::shared_ptr<Watcher>& watcher) { return watcher->closed; });
}

bool WatchHub::send(Watcher& watcher, Bytes line) {
  if (watcher.backlog.empty() && watcher.stream->queued() < written_ahead) {
    return watcher.stream->write(std::move(line));
  }
  watcher.backlog_bytes += line->size();
  if (watcher.backlog_bytes > options_.backlog_bytes) return false;
  watcher.backlog.push_back(std::move(line));
  if (watcher.feeding == 0) feed_later(watcher);
  return true;
}

void WatchHub::feed_later(Watcher& watcher) {
  watcher.feeding = loop_.after(feeding_interval, [this, weak = watcher.weak_from_this()] {
    if (const auto self = weak.lock(); self != nullptr && !self->closed) feed(self);
  });
}

void WatchHub::feed(const std::shared_ptr<Watcher>& watcher) {
  watcher->feeding = 0;
  while (!watcher->backlog.empty() && watcher->stream->queued() < written_ahead) {
    const Bytes line = std::move(watcher->backlog.front());
    watcher->backlog.pop_front();
    watcher->backlog_bytes -= line->size();
    if (!watcher->stream->write(line)) return close(watcher);
  }
  if (!watcher->backlog.empty()) return feed_later(*watcher);
  if (!watcher->ending) return;
  watcher->stream->finish();
  close(watcher);
}

// The caller takes it off the list.
void WatchHub::cut(Watcher& watcher) {
  ++streams_cut_;
  watcher.closed = true;
  loop_.cancel(watcher.timer);
  loop_.cancel(watcher.feeding);
  watcher.stream->finish();
}

bool WatchHub::dispatch(const Kept& commit, Watcher& watcher, std::int64_t after) {
  for (std::size_t i = 0; i < commit.changes.size(); ++i) {
    const Change& change = commit.changes[i];
    if (commit.revisions[i] <= after || change.object().kind != watcher.call.kind) continue;
    const bool was = fits(change.before.get(), watcher.call);
    const bool is = fits(change.after.get(), watcher.call);
    if (!was && !is) continue;
    const std::string_view type = is ? (was ? "MODIFIED" : "ADDED") : "DELETED";
    ++events_sent_;
    const bool sent =
        send(watcher, watcher.call.form == Call::Form::object
                          ? event_line(type, *commit.json[i])
                          : event_line(type, watcher.form(*event_object(change, commit.revisions[i]), commit.time)));
    if (!sent) return false;
  }
  return true;
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
  // Without a revision what is newest is meant (Kubernetes: a consistent read), and the store may be ahead of its feed.
  // A client may also be ahead by what another server told it. It gets a moment's patience.
  const std::int64_t needed = call.revision ? *call.revision : objects_.state().revision();
  if (needed <= state_.revision()) return begin(call, exchange);
  const auto early = early_.insert(early_.end(), {needed, 0, call, exchange});
  early->timer = loop_.after(revision_patience, [this, alive = alive_, early] {
    if (!*alive) return;
    const Early late = std::move(*early);
    early_.erase(early);
    begin(late.call, late.exchange);  // as it can
  });
}

void WatchHub::begin_early() {
  std::list<Early> ready;
  for (auto it = early_.begin(); it != early_.end();) {
    const auto next = std::next(it);
    if (it->needed <= state_.revision()) ready.splice(ready.end(), early_, it);
    it = next;
  }
  for (const Early& each : ready) {
    loop_.cancel(each.timer);
    begin(each.call, each.exchange);
  }
}

// What the watcher misses between its revision and now. False when that is too much.
bool WatchHub::catch_up(Watcher& watcher) {
  const Call& call = watcher.call;
  bool sent = true;
  if (wants_initial_events(call)) {
    select(state_, call, nullptr, [&](const ObjectPtr& object) {
      ++events_sent_;
      sent = send(watcher, event_line("ADDED", call.form == Call::Form::object ? encode_object(*object)
                                                                               : watcher.form(*object, loop_.now())));
      return sent;
    });
    if (sent && call.send_initial_events && call.bookmarks) bookmark(watcher, Mark::initial_events_end);
    return sent;
  }
  const std::int64_t from = call.revision.value_or(0);
  if (from == 0) return true;
  const bool follows = is_view(*call.kind) && projection::follows_others(*call.kind);
  State past = state_;
  if (follows) {
    auto found = state_at(from);
    if (!found.ok()) return false;
    past = std::move(found).value();
  }
  for (const Kept& commit : window_) {
    if (commit.revisions.back() <= from || commit.revisions.back() > state_.revision()) continue;
    if (!dispatch(is_view(*call.kind) ? viewed(*call.kind, past, commit, from) : commit, watcher, from)) return false;
    if (follows) apply_changes(commit.changes, past);
  }
  return true;
}

void WatchHub::begin(const Call& call, const std::shared_ptr<http::Exchange>& exchange) {
  auto watcher = std::make_shared<Watcher>();
  watcher->call = call;
  watcher->stream = open_events(*exchange);
  if (watcher->stream == nullptr) return;
  const std::int64_t from = call.revision.value_or(0);
  const bool old = from > 0 && from < resumable_ && !wants_initial_events(call);
  if (old || from > state_.revision()) {
    const Error error = old ? Error{Code::gone, str("too old resource version: ", from, " (", resumable_, ")"), {}}
                            : too_large_revision(from, state_.revision());
    watcher->stream->write(event_line("ERROR", status_json(error, Subject{call.kind, {}})));
    watcher->stream->finish();
    return;
  }
  if (!catch_up(*watcher)) return cut(*watcher);
  by_kind_[call.kind->index].push_back(watcher);
  watcher->stream->on_close([this, weak = std::weak_ptr<Watcher>(watcher)] {
    if (const auto self = weak.lock()) close(self);
  });
  watcher->timer = loop_.after(std::min(call.timeout.value_or(options_.longest_watch), options_.longest_watch),
                               [this, weak = std::weak_ptr<Watcher>(watcher)] {
                                 const auto self = weak.lock();
                                 if (self == nullptr || self->closed) return;
                                 if (self->call.bookmarks) bookmark(*self);
                                 self->ending = true;
                                 if (self->backlog.empty()) feed(self);
                               });
}

void WatchHub::close(const std::shared_ptr<Watcher>& watcher) {
  if (watcher->closed) return;
  watcher->closed = true;
  loop_.cancel(watcher->timer);
  loop_.cancel(watcher->feeding);
  by_kind_[watcher->call.kind->index].remove(watcher);
}

void WatchHub::bookmark(Watcher& watcher, Mark mark) {
  const Kind& kind = *watcher.call.kind;
  const bool whole = watcher.call.form != Call::Form::metadata;
  const std::string_view annotations =
      mark == Mark::initial_events_end ? R"(,"annotations":{"k8s.io/initial-events-end":"true"})" : "";
  send(watcher, event_line("BOOKMARK",
                           str("{\"kind\":\"", whole ? kind.kind : "PartialObjectMetadata", "\",\"apiVersion\":\"",
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
