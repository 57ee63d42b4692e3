#include "runtime/cmd/server_process.h"

#include <algorithm>
#include <future>
#include <thread>

#include "api/base/text.h"
#include "controllers/all/all.h"
#include "runtime/base/file.h"
#include "runtime/base/log.h"
#include "runtime/base/version.h"
#include "runtime/cmd/server_metrics.h"
#include "runtime/reconcile/runner.h"

namespace muster::cmd {
namespace {

constexpr Duration stop_grace = std::chrono::seconds(3);

}  // namespace

// Destroyed from the last member to the first: what uses a loop goes before the loop.
struct ServerProcess::State {
  ServerOptions options;
  std::string url;
  SystemRandom random;
  ThreadLoop writer{"store"};
  http::IoLoop loop;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<server::ApiServer> server;
  std::unique_ptr<ServerMetrics> metrics;

  // A thread for each controller: one that hangs holds up nobody else.
  struct Worker {
    explicit Worker(const char* name) : loop(name) {}
    SystemRandom random;
    ThreadLoop loop;
    std::unique_ptr<reconcile::Runner> runner;
  };
  std::vector<std::unique_ptr<Worker>> workers;
  std::thread thread;

  Status open() {
    TRY_VOID(make_directories(options.data_dir, 0700));
    TRY(auto log, store::open_sqlite_log(options.data_dir + "/muster.db"));
    TRY(store, store::Store::open(std::move(log), writer, random, store::StoreOptions{}));
    server::ApiServerOptions api;
    api.metrics = [this] { return metrics->expose(); };
    server = std::make_unique<server::ApiServer>(*store, loop, random, std::move(api));
    metrics = std::make_unique<ServerMetrics>(*store, *server);
    thread = std::thread([this] { loop.run(); });

    std::promise<Status> started;
    loop.post([&] { server->start([&](Status status) { started.set_value(std::move(status)); }); });
    TRY_VOID(started.get_future().get());
    start_controllers();
    std::promise<Result<std::string>> bound;
    loop.post([&] { bound.set_value(server->listen(options.listen)); });
    TRY(const std::string address, bound.get_future().get());
    url = address.substr(0, 7) == "unix://" ? address : "http://" + address;
    return {};
  }

  void start_controllers() {
    for (std::unique_ptr<Controller>& controller : make_controllers(options.controllers)) {
      auto worker = std::make_unique<Worker>(controller->name().data());
      reconcile::RunnerOptions runner;
      runner.build = str(version(), "+", build_revision());
      runner.on_outcome = metrics->runner(std::string(controller->name()));
      worker->runner = std::make_unique<reconcile::Runner>(std::move(controller), *store, worker->loop, worker->random,
                                                           std::move(runner));
      worker->loop.post([target = worker->runner.get()] { target->start(); });
      workers.push_back(std::move(worker));
    }
  }

  void stop() {
    for (auto& worker : workers) {
      worker->loop.stop();
      worker->runner.reset();
    }
    if (thread.joinable()) {
      if (server != nullptr) {
        std::promise<void> stopped;
        loop.post([&] { server->stop(stop_grace, [&] { stopped.set_value(); }); });
        stopped.get_future().wait();
      }
      loop.stop();
      thread.join();
    }
    // Commits still under way call back into the server, and the store tells the metrics of each group of writes until
    // it is closed. What they post to the loop, which no longer runs, is dropped with it.
    store.reset();
    server.reset();
    metrics.reset();
  }
};

ServerProcess::ServerProcess(std::unique_ptr<State> state) : state_(std::move(state)) {}

ServerProcess::~ServerProcess() {
  if (state_ != nullptr) state_->stop();
}

Result<std::unique_ptr<ServerProcess>> ServerProcess::start(ServerOptions options) {
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  std::unique_ptr<ServerProcess> process(new ServerProcess(std::move(state)));
  TRY_VOID(process->state_->open());
  return process;
}

const std::string& ServerProcess::url() const {
  return state_->url;
}

Result<std::vector<std::string>> choose_controllers(const std::string& text) {
  const std::vector<std::string> all = controller_names();
  if (text.empty()) return all;
  std::vector<std::string> chosen;
  std::vector<std::string> without;
  for (const std::string_view part : split(text, ',')) {
    const std::string_view word = trim(part);
    const bool taken_away = !word.empty() && word[0] == '-';
    const std::string name(taken_away ? word.substr(1) : word);
    if (std::find(all.begin(), all.end(), name) == all.end()) {
      return Error{
          Code::malformed, str("--controllers: there is no controller ", name, "; there are: ", join(all, ", ")), {}};
    }
    (taken_away ? without : chosen).push_back(name);
  }
  if (chosen.empty()) chosen = all;
  chosen.erase(std::remove_if(chosen.begin(), chosen.end(),
                              [&](const std::string& name) {
                                return std::find(without.begin(), without.end(), name) != without.end();
                              }),
               chosen.end());
  return chosen;
}

}  // namespace muster::cmd
