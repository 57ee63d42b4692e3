#include "runtime/simulation/server_process.h"

#include <utility>

#include "controllers/all/all.h"
#include "runtime/server/bootstrap.h"

namespace muster::simulation {
namespace {

constexpr Duration jitter = std::chrono::microseconds(300);
constexpr Duration restart_delay = std::chrono::seconds(1);
constexpr std::string_view path_begin = "/apis/muster.dev/v1beta1/containerinstances/";
constexpr std::string_view path_end = "/agent";

}  // namespace

// Tells the checkers who wrote what.
class ServerProcess::Observed final : public store::Objects {
 public:
  Observed(store::Store& store, Checkers& checkers) : store_(store), checkers_(checkers) {}
  State state() const override { return store_.state(); }
  void commit(store::Batch batch, std::function<void(Result<store::Committed>)> done) override {
    const bool stores = batch.mode == store::Batch::Mode::store;
    auto writer = batch.writer;
    auto journal = batch.journal;
    store_.commit(std::move(batch), [this, stores, writer = std::move(writer), journal = std::move(journal),
                                     done = std::move(done)](Result<store::Committed> result) {
      if (stores && result.ok()) checkers_.acknowledged(writer, journal, *result);
      done(std::move(result));
    });
  }
  Result<std::unique_ptr<store::Subscription>> subscribe(
      std::int64_t from, Loop& loop, std::function<void(const store::CommitPtr&)> callback) override {
    return store_.subscribe(from, loop, std::move(callback));
  }

 private:
  store::Store& store_;
  Checkers& checkers_;
};

// Knows what has reached the disk, and lets the power fail at the worst moments.
class ServerProcess::WatchedLog final : public store::Log {
 public:
  WatchedLog(std::unique_ptr<store::Log> inner, ServerProcess& process) : inner_(std::move(inner)), process_(process) {}
  Status replay(const std::function<Status(const store::Row&)>& each) override { return inner_->replay(each); }
  Status append(const std::vector<store::Row>& rows, const std::vector<store::JournalRow>& journal) override {
    const CrashPoint point = std::exchange(process_.crash_point_, CrashPoint::none);
    if (point == CrashPoint::before_append) return fail();
    const Status status = inner_->append(rows, journal);
    if (status.ok()) process_.checkers_.appended(rows);
    return point == CrashPoint::after_append ? fail() : status;
  }
  Status rewrite(const std::vector<store::Row>& rows) override { return inner_->rewrite(rows); }
  Status maintain() override { return inner_->maintain(); }
  Status compact(const std::vector<std::int64_t>& revisions, std::int64_t horizon, Time journal_before) override {
    return inner_->compact(revisions, horizon, journal_before);
  }
  std::int64_t compacted() const override { return inner_->compacted(); }
  Result<std::string> read_value(std::string_view name) override { return inner_->read_value(name); }
  Status write_value(std::string_view name, std::string_view value) override {
    return inner_->write_value(name, value);
  }
  std::int64_t size_bytes() const override { return inner_->size_bytes(); }

 private:
  Error fail() {
    process_.crash_due_ = true;
    store::crash(*process_.disk_, process_.numbers_);
    return Error{Code::unavailable, "the power has failed", {}};
  }

  std::unique_ptr<store::Log> inner_;
  ServerProcess& process_;
};

ServerProcess::ServerProcess(EventQueue& queue, VirtualNetwork& network, Checkers& checkers,
                             std::shared_ptr<store::MemoryDisk> disk, std::uint64_t seed, const Sabotage& sabotage)
    : network_(network),
      checkers_(checkers),
      disk_(std::move(disk)),
      seeds_(seed),
      numbers_(seeds_.next()),
      sabotage_(sabotage),
      writer_(queue, seeds_.next(), jitter),
      io_(queue, seeds_.next(), jitter),
      service_manager_(queue, 0, Duration::zero()) {
  for (const std::string& name : controller_names()) {
    ControllerProcess& process = controllers_[name];
    process.loop = std::make_unique<VirtualLoop>(queue, seeds_.next(), jitter);
    process.random = std::make_unique<SeededRandom>(seeds_.next());
  }
}

ServerProcess::~ServerProcess() {
  drop(Ending::power_lost);
}

std::vector<std::string> ServerProcess::controllers() const {
  return controller_names();
}

void ServerProcess::boot() {
  if (store_ != nullptr) return;
  writer_.revive();
  io_.revive();
  if (!open()) return give_up();
  bootstrap();
}

bool ServerProcess::open() {
  auto log = store::open_memory_log(disk_);
  if (sabotage_.log) log = sabotage_.log(std::move(log));
  auto opened = store::Store::open(std::make_unique<WatchedLog>(std::move(log), *this), writer_, numbers_, {});
  if (!opened.ok()) return false;
  store_ = std::move(opened).value();
  objects_ = std::make_unique<Observed>(*store_, checkers_);
  checkers_.attach(*store_);
  return true;
}

void ServerProcess::bootstrap() {
  store::Batch batch = server::bootstrap_batch(store_->state());
  if (batch.writes.empty()) return begin();
  objects_->commit(std::move(batch), [this](const Result<store::Committed>& result) {
    io_.post([this, ok = result.ok()] { ok ? begin() : give_up(); });
  });
}

void ServerProcess::begin() {
  hub_ = std::make_unique<server::AgentHub>(*objects_, io_, server::AgentHubOptions{});
  auto feed = objects_->subscribe(store_->state().revision(), io_, [this](const store::CommitPtr& commit) {
    if (commit != nullptr) hub_->observe(commit);
  });
  if (!feed.ok()) return give_up();
  feed_ = std::move(feed).value();
  hub_->start([this](const Status& status) { status.ok() ? serve() : give_up(); });
}

void ServerProcess::serve() {
  ready_ = true;
  for (const std::string& name : controller_names()) start_controller(name);
  network_.server_up(io_, [this](const std::shared_ptr<http::WebSocket>& socket, const std::string& target) {
    const bool agent = target.size() > path_begin.size() + path_end.size() && target.rfind(path_begin, 0) == 0 &&
                       target.compare(target.size() - path_end.size(), path_end.size(), path_end) == 0;
    if (!agent) return socket->close("not found");
    hub_->attach(socket, target.substr(path_begin.size(), target.size() - path_begin.size() - path_end.size()));
  });
}

// Not from inside a callback of what it drops.
void ServerProcess::give_up() {
  service_manager_.post([this] {
    drop(Ending::process_killed);
    service_manager_.after(restart_delay, [this] { boot(); });
  });
}

void ServerProcess::crash(Ending ending) {
  crash_due_ = false;
  crash_point_ = CrashPoint::none;
  service_manager_.kill();
  service_manager_.revive();
  // First the disk: nothing that ends in an orderly way may reach it.
  if (ending == Ending::power_lost) store::crash(*disk_, numbers_);
  drop(ending);
}

void ServerProcess::drop(Ending ending) {
  ready_ = false;
  network_.server_down(ending);
  for (auto& [name, process] : controllers_) {
    process.loop->kill();
    process.runner.reset();
  }
  io_.kill();
  writer_.kill();
  checkers_.detach();
  feed_.reset();
  store_.reset();  // answers what it has not committed; the hub hears it, its loop is dead
  hub_.reset();
  objects_.reset();
}

void ServerProcess::commit(store::Batch batch, std::function<void(Result<store::Committed>)> done) {
  objects_->commit(std::move(batch), std::move(done));
}

void ServerProcess::kill_controller(const std::string& name) {
  ControllerProcess& process = controllers_.at(name);
  process.loop->kill();
  process.runner.reset();
}

void ServerProcess::start_controller(const std::string& name) {
  ControllerProcess& process = controllers_.at(name);
  if (!ready_ || process.runner != nullptr) return;
  process.loop->revive();
  std::unique_ptr<Controller> controller = std::move(make_controllers({name}).front());
  if (sabotage_.controller) controller = sabotage_.controller(std::move(controller));
  process.runner = std::make_unique<reconcile::Runner>(
      std::move(controller), *objects_, *process.loop, *process.random,
      reconcile::RunnerOptions{"simulation", std::chrono::milliseconds(5), std::chrono::seconds(30), nullptr});
  process.loop->post([&process] {
    if (process.runner != nullptr) process.runner->start();
  });
}

void ServerProcess::hang_controller(const std::string& name) {
  if (controllers_.at(name).runner != nullptr) controllers_.at(name).loop->hang();
}

void ServerProcess::resume_controller(const std::string& name) {
  controllers_.at(name).loop->resume();
}

}  // namespace muster::simulation
