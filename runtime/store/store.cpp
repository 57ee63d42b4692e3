#include "runtime/store/store.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>

#include "api/base/assert.h"
#include "api/base/limits.h"
#include "api/base/text.h"
#include "api/types/configuration.h"
#include "runtime/store/recovery.h"
#include "runtime/store/subscriber.h"
#include "runtime/store/window.h"

namespace muster::store {

namespace {

using Done = std::function<void(Result<Committed>)>;

constexpr std::size_t compact_rows = 256;  // rows removed at a time, so that commits wait for milliseconds at most
// The database is measured again when it has got so much more, or after so long.
constexpr std::size_t size_bytes_step = 256U << 10U;
constexpr Duration size_interval = std::chrono::seconds(1);

struct Waiting {
  Batch batch;
  Done done;
};

// What became of a batch, until its group is durable: a refusal, too, may speak of what the group has not stored yet.
struct Prepared {
  Done done;
  Result<Committed> answer;
  ChangesPtr changes;  // null when the batch changes nothing
};

struct Group {
  State state;  // with every batch so far
  Time now{};
  std::vector<Prepared> batches;
  std::vector<Row> rows;  // into the texts of `batches`
  std::vector<JournalRow> journal;
  std::size_t bytes = 0;
  std::int64_t conflicts = 0;
};

Error shut_down() {
  return {Code::unavailable, "the store is shutting down", {}};
}

class Handle final : public Subscription {
 public:
  explicit Handle(std::shared_ptr<Subscriber> subscriber) : subscriber_(std::move(subscriber)) {}
  ~Handle() override { subscriber_->drop(); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

 private:
  std::shared_ptr<Subscriber> subscriber_;
};

}  // namespace

// Three kinds of members: the queue (any thread), what is published (any thread), and the writer's own. `running` is
// held while the writer works, so that the destructor can wait for it.
struct Store::Impl : std::enable_shared_from_this<Impl> {
  Impl(std::unique_ptr<Log> opened, Loop& loop, Random& numbers, const StoreOptions& chosen, Recovered recovered)
      : options(chosen),
        writer(loop),
        random(numbers),
        log(std::move(opened)),
        superseded(std::move(recovered.superseded)),
        published(std::move(recovered.state)),
        window(std::move(recovered.window)) {
    for (const Kind& kind : all_kinds()) resources.push_back(kind.resource());
    stats.size_bytes = log->size_bytes();
    stats.compacted_revision = log->compacted();
  }

  const StoreOptions options;
  Loop& writer;
  Random& random;

  std::mutex queue_mutex;
  std::deque<Waiting> queue;
  bool scheduled = false;  // a group is posted or runs
  bool closed = false;

  std::mutex running;
  std::unique_ptr<Log> log;  // null when closed
  std::deque<Superseded> superseded;
  std::vector<std::string> resources;  // by position of the kind
  bool compaction_waits = false;
  Duration sized_at{};
  std::size_t unsized_bytes = 0;

  mutable std::mutex mutex;
  State published;
  Window window;
  std::vector<std::weak_ptr<Subscriber>> subscribers;
  StoreStats stats;
  std::function<void(Duration, Duration, std::size_t)> observer;

  void post_group() {
    writer.post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->run_group();
    });
  }

  void run_group() {
    {
      const std::lock_guard lock(running);
      if (log == nullptr) return;
      commit_group();
      // What can wait comes after the acknowledgements. A failure shows in the next append.
      const Status ignored = log->maintain();
      static_cast<void>(ignored);
      wait_for_compaction();
    }
    const std::lock_guard lock(queue_mutex);
    if (queue.empty()) {
      scheduled = false;
    } else {
      post_group();
    }
  }

  void commit_group() {
    const Duration begin = writer.monotonic();
    Group group;
    group.now = writer.now();
    group.state = state();
    for (std::size_t taken = 0; taken < options.group_batches && group.bytes < options.group_bytes; ++taken) {
      std::optional<Waiting> waiting = take();
      if (!waiting) break;
      admit_batch(group, std::move(*waiting));
    }
    const Duration prepared = writer.monotonic();
    const bool stores = !group.rows.empty() || !group.journal.empty();
    Status appended;
    if (stores) appended = log->append(group.rows, group.journal);
    const Duration end = writer.monotonic();
    if (!appended.ok()) {
      count_conflicts(group.conflicts);
      for (Prepared& batch : group.batches) batch.done(appended.error());
      return;
    }
    for (const Prepared& batch : group.batches) {
      if (batch.changes != nullptr) note_superseded(*batch.changes);
    }
    std::vector<ChangesPtr> parts;
    for (const Prepared& batch : group.batches) {
      if (batch.changes != nullptr) parts.push_back(batch.changes);
    }
    const State after = group.state;
    const std::vector<std::shared_ptr<Subscriber>> listening = publish(group, end - prepared);
    for (Prepared& batch : group.batches) batch.done(std::move(batch.answer));
    if (!listening.empty() && !parts.empty()) {
      // One for the group: a state between two of its batches would cost a path copy for each of them.
      const CommitPtr commit = commit_of(parts, after);
      for (const auto& subscriber : listening) subscriber->offer(commit);
    }
    if (stores) tell_observer(prepared - begin, end - prepared, group.rows.size());
  }

  std::optional<Waiting> take() {
    const std::lock_guard lock(queue_mutex);
    if (queue.empty()) return std::nullopt;
    Waiting waiting = std::move(queue.front());
    queue.pop_front();
    return waiting;
  }

  void admit_batch(Group& group, Waiting waiting) {
    const AdmissionContext context{group.now, [this] { return random_hex32(random); }};
    const std::int64_t before = group.state.revision();
    if (waiting.batch.mode == Batch::Mode::dry_run) {
      group.batches.push_back({std::move(waiting.done), dry_run(group.state, waiting.batch, context), nullptr});
      return;
    }
    Result<Admission> admission = admit(group.state, waiting.batch.writes, context);
    if (!admission.ok()) {
      if (admission.error().code == Code::conflict) ++group.conflicts;
      group.batches.push_back({std::move(waiting.done), std::move(admission).error(), nullptr});
      return;
    }
    Committed committed{group.state.revision(), std::move(admission->results), {}};
    ChangesPtr changes;
    if (!admission->changes.empty()) {
      changes = encode(std::move(admission->changes), before, group.now);
      if (Status fits = check_sizes(*changes); !fits.ok()) {
        take_back(group.state, changes->changes, before);
        group.batches.push_back({std::move(waiting.done), std::move(fits).error(), nullptr});
        return;
      }
      committed.json = bytes_of(committed.results, *changes);
      MUSTER_ASSERT(changes->last() == group.state.revision());
      add_rows(group, *changes);
    }
    group.batches.push_back({std::move(waiting.done), std::move(committed), std::move(changes)});
    for (JournalRow& row : waiting.batch.journal) group.journal.push_back(std::move(row));
  }

  // What storing the batch would answer. Nothing takes a revision: objects keep the one that they have, new ones have
  // none (Kubernetes; clients compare such an answer with what is stored, and one that is new differs in nothing else).
  static Result<Committed> dry_run(const State& state, const Batch& batch, const AdmissionContext& context) {
    State copy = state;
    TRY(Admission admission, admit(copy, batch.writes, context));
    TRY_VOID(check_sizes(*encode(std::move(admission.changes), state.revision(), context.now)));
    for (Admitted& each : admission.results) {
      const ObjectPtr stored = state.find(key_of(*each.object));
      const std::int64_t revision = stored == nullptr ? 0 : stored->metadata.resource_version;
      if (each.object->metadata.resource_version == revision) continue;
      const std::shared_ptr<Object> unstored = each.object->kind->copy(*each.object);
      unstored->metadata.resource_version = revision;
      each.object = unstored;
    }
    return Committed{state.revision(), std::move(admission.results), {}};
  }

  // Encodes each object once, for the log and for all watchers.
  static ChangesPtr encode(std::vector<Change> changes, std::int64_t before, Time now) {
    auto out = std::make_shared<Changes>();
    out->changes = std::move(changes);
    out->time = now;
    out->json.reserve(out->changes.size());
    out->revisions.reserve(out->changes.size());
    std::string text;
    for (const Change& change : out->changes) {
      const std::int64_t revision = ++before;
      text.clear();
      if (change.after != nullptr) {
        MUSTER_ASSERT(change.after->metadata.resource_version == revision);
        encode_object(*change.after, text);
      } else {
        // What a watcher gets of a deleted object: its last state, with the revision of the deletion.
        const std::shared_ptr<Object> deleted = change.before->kind->copy(*change.before);
        deleted->metadata.resource_version = revision;
        encode_object(*deleted, text);
      }
      out->json.push_back(std::make_shared<const std::string>(text));
      out->revisions.push_back(revision);
    }
    return out;
  }

  // What could not be kept or sent in one piece is refused whole. What is there already may always be deleted.
  static Status check_sizes(const Changes& changes) {
    for (std::size_t i = 0; i < changes.changes.size(); ++i) {
      if (changes.changes[i].after == nullptr) continue;
      const Kind* kind = changes.changes[i].after->kind;
      const bool configuration = kind == &kind_of<Secret>() || kind == &kind_of<ConfigMap>();
      const std::size_t most = configuration ? limits::configuration_object_bytes : limits::object_bytes;
      if (changes.json[i]->size() <= most) continue;
      return Error{Code::too_large,
                   str(display_name(*changes.changes[i].after), " would have ", changes.json[i]->size(),
                       " bytes; an object may have ", most),
                   {}};
    }
    return {};
  }

  static std::vector<std::shared_ptr<const std::string>> bytes_of(const std::vector<Admitted>& results,
                                                                  const Changes& changes) {
    std::vector<std::shared_ptr<const std::string>> out(results.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
      const std::int64_t place = results[i].object->metadata.resource_version - changes.revisions.front();
      if (place < 0 || place >= static_cast<std::int64_t>(changes.changes.size())) continue;
      const auto at = static_cast<std::size_t>(place);
      if (changes.changes[at].after == results[i].object) out[i] = changes.json[at];
    }
    return out;
  }

  void add_rows(Group& group, const Changes& changes) const {
    for (std::size_t i = 0; i < changes.changes.size(); ++i) {
      const Object& object = changes.changes[i].object();
      Row row;
      row.revision = changes.revisions[i];
      row.batch = changes.last();
      row.time = group.now;
      row.kind = resources[object.kind->index];
      row.ns = object.metadata.ns;
      row.name = object.metadata.name;
      row.deleted = changes.changes[i].after == nullptr;
      row.object = *changes.json[i];
      group.bytes += row.object.size();
      group.rows.push_back(row);
    }
  }

  void note_superseded(const Changes& changes) {
    for (std::size_t i = 0; i < changes.changes.size(); ++i) {
      const Change& change = changes.changes[i];
      const std::int64_t revision = changes.revisions[i];
      if (change.before != nullptr) {
        superseded.push_back({change.before->metadata.resource_version, revision, changes.time});
      }
      if (change.after == nullptr) superseded.push_back({revision, revision, changes.time});
    }
  }

  // From here on everybody sees the group. Answers who is to be told about it.
  std::vector<std::shared_ptr<Subscriber>> publish(Group& group, Duration append) {
    std::vector<std::shared_ptr<Subscriber>> listening;
    std::vector<ChangesPtr> old;  // destroyed outside of the lock
    const std::optional<std::int64_t> size_bytes = due_size(group.bytes);
    const std::lock_guard lock(mutex);
    std::swap(published, group.state);
    for (const Prepared& batch : group.batches) {
      if (batch.changes == nullptr) continue;
      std::vector<ChangesPtr> dropped = window.add(batch.changes);
      old.insert(old.end(), std::make_move_iterator(dropped.begin()), std::make_move_iterator(dropped.end()));
      ++stats.commits;
    }
    stats.rows += static_cast<std::int64_t>(group.rows.size());
    stats.conflicts += group.conflicts;
    if (!group.rows.empty() || !group.journal.empty()) {
      ++stats.groups;
      stats.last_commit = append;
      if (size_bytes) stats.size_bytes = *size_bytes;
    }
    std::erase_if(subscribers, [&](const std::weak_ptr<Subscriber>& weak) {
      std::shared_ptr<Subscriber> subscriber = weak.lock();
      if (subscriber == nullptr || subscriber->dropped()) return true;
      listening.push_back(std::move(subscriber));
      return false;
    });
    return listening;
  }

  // SQLite is asked for it, which takes as long as writing some rows: not for each group.
  std::optional<std::int64_t> due_size(std::size_t added) {
    const Duration now = writer.monotonic();
    unsized_bytes += added;
    if (unsized_bytes < size_bytes_step && now - sized_at < size_interval) return std::nullopt;
    sized_at = now;
    unsized_bytes = 0;
    return log->size_bytes();
  }

  void count_conflicts(std::int64_t conflicts) {
    const std::lock_guard lock(mutex);
    stats.conflicts += conflicts;
  }

  void tell_observer(Duration prepare, Duration append, std::size_t rows) {
    std::function<void(Duration, Duration, std::size_t)> call;
    {
      const std::lock_guard lock(mutex);
      call = observer;
    }
    if (call) call(prepare, append, rows);
  }

  State state() const {
    const std::lock_guard lock(mutex);
    return published;
  }

  // Sets the timer when there is something that will be removed one day. On the writer.
  void wait_for_compaction() {
    if (compaction_waits || superseded.empty()) return;
    compaction_waits = true;
    writer.after(options.compact_interval, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->compact();
    });
  }

  void compact() {
    const std::lock_guard lock(running);
    if (log == nullptr) return;
    compaction_waits = false;
    if (!compact_slice()) return wait_for_compaction();
    compaction_waits = true;
    writer.post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->compact();
    });
  }

  // Removes some rows that are superseded for long enough, or, when the database is too large, for as short as may be.
  // True when there are more.
  bool compact_slice() {
    const bool too_large = log->size_bytes() > options.history_bytes;
    const Time before = writer.now() - options.history;
    std::vector<std::int64_t> rows;
    std::int64_t horizon = 0;
    for (const Superseded& row : superseded) {
      // Watchers shall be able to resume after a restart, even with a large database.
      const bool spare = superseded.size() - rows.size() > options.window_changes;
      if (rows.size() == compact_rows || !(row.time < before || (too_large && spare))) break;
      rows.push_back(row.revision);
      horizon = row.by;
    }
    const Time journal_before = too_large ? writer.now() - options.history / 24 : before;
    if (!log->compact(rows, horizon, journal_before).ok()) return false;  // again after the interval
    superseded.erase(superseded.begin(), superseded.begin() + static_cast<std::ptrdiff_t>(rows.size()));
    const Status ignored = log->maintain();
    static_cast<void>(ignored);
    const std::lock_guard lock(mutex);
    stats.size_bytes = log->size_bytes();
    stats.compacted_revision = log->compacted();
    return rows.size() == compact_rows;
  }

  void close() {
    std::deque<Waiting> unanswered;
    {
      const std::lock_guard lock(queue_mutex);
      closed = true;
      unanswered.swap(queue);
    }
    {
      const std::lock_guard lock(running);
      log = nullptr;
    }
    for (Waiting& waiting : unanswered) waiting.done(shut_down());
  }
};

Store::Store(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Store::~Store() {
  impl_->close();
}

Result<std::unique_ptr<Store>> Store::open(std::unique_ptr<Log> log, Loop& writer, Random& random,
                                           StoreOptions options) {
  TRY(Recovered recovered, recover(*log, options));
  auto impl = std::make_shared<Impl>(std::move(log), writer, random, options, std::move(recovered));
  writer.post([weak = std::weak_ptr<Impl>(impl)] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    const std::lock_guard lock(self->running);
    if (self->log != nullptr) self->wait_for_compaction();
  });
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

State Store::state() const {
  return impl_->state();
}

void Store::commit(Batch batch, std::function<void(Result<Committed>)> done) {
  std::optional<Error> refused;
  {
    const std::lock_guard lock(impl_->queue_mutex);
    if (impl_->closed) {
      refused = shut_down();
    } else if (impl_->queue.size() >= impl_->options.queue_batches) {
      refused =
          Error{Code::too_many, str("more than ", impl_->options.queue_batches, " batches wait to be committed"), {}};
    } else {
      impl_->queue.push_back({std::move(batch), std::move(done)});
      if (!std::exchange(impl_->scheduled, true)) impl_->post_group();
      return;
    }
  }
  done(std::move(*refused));
}

Result<std::unique_ptr<Subscription>> Store::subscribe(std::int64_t from, Loop& loop,
                                                       std::function<void(const CommitPtr&)> callback) {
  auto subscriber = std::make_shared<Subscriber>(loop, std::move(callback), impl_->options.subscriber_bytes);
  std::vector<ChangesPtr> past;
  State now;
  {
    // Listed and cut off from the past in one step: no commit is left out, none comes twice.
    const std::lock_guard lock(impl_->mutex);
    if (from > impl_->published.revision()) {
      return Error{
          Code::invalid, str("revision ", from, " is in the future; the newest is ", impl_->published.revision()), {}};
    }
    if (from < impl_->window.oldest()) {
      return Error{Code::gone, str("too old resource version: ", from, " (", impl_->window.oldest(), ")"), {}};
    }
    past = impl_->window.after(from);
    now = impl_->published;
    impl_->subscribers.push_back(subscriber);
  }
  subscriber->start(past.empty() ? nullptr : commit_of(past, std::move(now)));
  return std::unique_ptr<Subscription>(std::make_unique<Handle>(std::move(subscriber)));
}

std::int64_t Store::oldest_resumable() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->window.oldest();
}

StoreStats Store::stats() const {
  StoreStats out;
  {
    const std::lock_guard lock(impl_->mutex);
    out = impl_->stats;
  }
  const std::lock_guard lock(impl_->queue_mutex);
  out.queued = impl_->queue.size();
  return out;
}

void Store::on_group(std::function<void(Duration prepare, Duration append, std::size_t rows)> observer) {
  const std::lock_guard lock(impl_->mutex);
  impl_->observer = std::move(observer);
}

}  // namespace muster::store
