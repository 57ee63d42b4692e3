#include "runtime/reconcile/runner.h"

#include <algorithm>
#include <map>

#include "api/base/text.h"
#include "runtime/base/log.h"
#include "runtime/store/events.h"

namespace muster::reconcile {
namespace {

constexpr std::size_t journal_backlog = 1'000;  // entries of plans that only asked to look again

std::string key_text(const Key& key) {
  return key.ns.empty() ? str(key.kind->plural, "/", key.name) : str(key.kind->plural, "/", key.ns, "/", key.name);
}

}  // namespace

struct Runner::State : std::enable_shared_from_this<Runner::State> {
  std::unique_ptr<Controller> controller;
  store::Objects& objects;
  Loop& loop;
  Random& random;
  RunnerOptions options;
  std::string component;

  muster::State view;
  Queue queue;
  std::unique_ptr<store::Subscription> subscription;
  std::vector<store::JournalRow> journal;
  // Keys whose own commit has not come back through the watch yet: planning them again would plan from a stale view.
  std::multimap<std::int64_t, std::pair<Key, std::optional<Duration>>> awaited;
  Loop::Timer timer = 0;
  Duration timer_due{};
  bool posted = false;

  State(std::unique_ptr<Controller> c, store::Objects& o, Loop& l, Random& r, RunnerOptions opts)
      : controller(std::move(c)),
        objects(o),
        loop(l),
        random(r),
        options(std::move(opts)),
        component(str("controller/", controller->name())) {}

  void start() {
    view = objects.state();
    Keys keys;
    controller->start(view, keys);
    for (const Key& key : keys) queue.add(key);
    auto subscribed =
        objects.subscribe(view.revision(), loop, [weak = weak_from_this()](const store::CommitPtr& commit) {
          const auto self = weak.lock();
          if (self == nullptr) return;
          if (commit == nullptr) return self->begin_again();
          self->observe(*commit);
        });
    if (!subscribed.ok()) {
      // The view has fallen out of the window between the two calls: begin again with a newer one.
      loop.after(options.first_backoff, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->start();
      });
      return;
    }
    subscription = std::move(subscribed).value();
    wake();
  }

  // The watch has cut this runner off because it was too far behind: what it missed it sees in the newest state.
  void begin_again() {
    log::warning("a controller was too far behind and begins again", {{"controller", controller->name()}});
    subscription.reset();
    const auto waiting = std::exchange(awaited, {});
    for (const auto& [revision, entry] : waiting) done_with(entry.first, entry.second);
    start();
  }

  void observe(const store::Commit& commit) {
    Keys keys;
    for (const Change& change : commit.changes) controller->observe(change, commit.state, keys);
    view = commit.state;
    for (const Key& key : keys) queue.add(key);
    while (!awaited.empty() && awaited.begin()->first <= view.revision()) {
      const auto [key, again] = std::move(awaited.begin()->second);
      awaited.erase(awaited.begin());
      done_with(key, again);
    }
    wake();
  }

  void done_with(const Key& key, std::optional<Duration> look_again) {
    queue.finish(key);
    if (look_again) queue.add_at(key, loop.monotonic() + *look_again);
  }

  // Makes sure that work() runs when something is due.
  void wake() {
    const auto due = queue.next_due();
    if (!due || posted) return;
    const Duration now = loop.monotonic();
    if (*due <= now) {
      posted = true;
      loop.post([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->work();
      });
      return;
    }
    if (timer != 0 && timer_due <= *due) return;
    loop.cancel(timer);
    timer_due = *due;
    timer = loop.after(*due - now, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->timer = 0;
        self->wake();
      }
    });
  }

  // One key a turn, so that commits which arrived meanwhile are seen by the next plan.
  void work() {
    posted = false;
    const std::size_t depth = queue.depth();
    if (const auto key = queue.take(loop.monotonic())) decide(*key, depth);
    wake();
  }

  void decide(const Key& key, std::size_t depth) {
    const Context context{loop.now(), random.next()};
    const Duration before = loop.monotonic();
    Plan plan = controller->plan(view, key, context);
    Outcome outcome;
    outcome.planned = loop.monotonic() - before;
    outcome.depth = depth;
    outcome.actions = plan.actions.size();
    if (!plan.idle()) record(key, context, plan);
    std::vector<Write> writes = writes_of(plan, context.now);
    if (writes.empty()) {
      queue.succeeded(key);
      done_with(key, plan.requeue_after);
      report(outcome, Outcome::Result::idle);
      return;
    }
    store::Batch batch;
    batch.writes = std::move(writes);
    batch.journal = std::move(journal);
    batch.writer = component;
    journal.clear();
    objects.commit(std::move(batch), [weak = weak_from_this(), &target = loop, key, again = plan.requeue_after,
                                      outcome](Result<store::Committed> result) {
      auto shared = std::make_shared<Result<store::Committed>>(std::move(result));
      target.post([weak, key, again, outcome, shared] {
        if (const auto self = weak.lock()) self->committed(key, again, outcome, *shared);
      });
    });
  }

  void committed(const Key& key, std::optional<Duration> again, const Outcome& outcome,
                 const Result<store::Committed>& result) {
    if (result.ok()) {
      queue.succeeded(key);
      if (result->revision <= view.revision()) {
        done_with(key, again);
      } else {
        awaited.emplace(result->revision, std::make_pair(key, again));
      }
      report(outcome, Outcome::Result::committed);
      wake();
      return;
    }
    const Error& error = result.error();
    const bool stale =
        error.code == Code::conflict || error.code == Code::already_exists || error.code == Code::not_found;
    const int failures = queue.failed(key);
    if (!stale || failures > 10) {
      log::warning("a plan could not be committed", {{"controller", controller->name()},
                                                     {"key", key_text(key)},
                                                     {"failures", std::to_string(failures)},
                                                     {"error", error.text()}});
    }
    Duration wait = options.first_backoff * (std::int64_t{1} << std::min(failures - 1, 20));
    done_with(key, std::min(wait, options.longest_backoff));
    report(outcome, stale ? Outcome::Result::conflict : Outcome::Result::error);
    wake();
  }

  void record(const Key& key, const Context& context, const Plan& plan) {
    if (journal.size() >= journal_backlog) journal.erase(journal.begin());
    store::JournalRow row;
    row.revision = view.revision();
    row.time = context.now;
    row.controller = std::string(controller->name());
    row.key = key_text(key);
    row.build = options.build;
    row.seed = context.seed;
    row.plan_hash = hash_of(plan);
    journal.push_back(std::move(row));
  }

  std::vector<Write> writes_of(const Plan& plan, Time now) const {
    std::vector<Write> writes;
    for (const Action& action : plan.actions) {
      if (const auto* made = std::get_if<Create>(&action)) writes.push_back(create(made->object));
      if (const auto* changed = std::get_if<Update>(&action)) writes.push_back(update(changed->object));
      if (const auto* status = std::get_if<UpdateStatus>(&action)) writes.push_back(update_status(status->object));
      if (const auto* gone = std::get_if<Delete>(&action)) writes.push_back(remove(*gone->object));
    }
    std::set<std::string> told;
    for (const Action& action : plan.actions) {
      const auto* note = std::get_if<Note>(&action);
      if (note == nullptr) continue;
      const store::Told said{*note->regarding, note->type == NoteType::warning ? "Warning" : "Normal", note->reason,
                             note->message};
      auto event = store::event_write(view, said, {component, {}}, now);
      if (event && told.insert(event->object->metadata.ns + "/" + event->object->metadata.name).second) {
        writes.push_back(std::move(*event));
      }
    }
    return writes;
  }

  void report(Outcome outcome, Outcome::Result result) const {
    outcome.result = result;
    if (options.on_outcome) options.on_outcome(outcome);
  }
};

Runner::Runner(std::unique_ptr<Controller> controller, store::Objects& objects, Loop& loop, Random& random,
               RunnerOptions options)
    : state_(std::make_shared<State>(std::move(controller), objects, loop, random, std::move(options))) {}

Runner::~Runner() {
  state_->subscription.reset();
  state_->loop.cancel(state_->timer);
}

void Runner::start() {
  state_->start();
}

std::string_view Runner::name() const {
  return state_->controller->name();
}

}  // namespace muster::reconcile
