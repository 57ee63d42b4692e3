#include "runtime/cmd/server_process.h"

#include <future>
#include <thread>

#include "runtime/base/file.h"
#include "runtime/base/log.h"
#include "runtime/cmd/controller_threads.h"
#include "runtime/cmd/server_metrics.h"

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

  ControllerThreads controllers;
  std::thread thread;

  Status open() {
    TRY_VOID(make_directories(options.data_dir, 0700));
    TRY(auto plain, store::open_sqlite_log(options.data_dir + "/muster.db"));
    TRY(auto log,
        seal::seal_log_by_file(std::move(plain), options.data_dir + "/keys/secrets.key", random, options.secret_key));
    TRY(store, store::Store::open(std::move(log), writer, random, store::StoreOptions{}));
    server::ApiServerOptions api;
    api.metrics = [this] { return metrics->expose(); };
    server = std::make_unique<server::ApiServer>(*store, loop, random, std::move(api));
    metrics = std::make_unique<ServerMetrics>(*store, *server);
    thread = std::thread([this] { loop.run(); });

    std::promise<Status> started;
    loop.post([&] { server->start([&](Status status) { started.set_value(std::move(status)); }); });
    TRY_VOID(started.get_future().get());
    controllers.start(options.controllers, *store, [this](const std::string& name) { return metrics->runner(name); });
    std::promise<Result<std::string>> bound;
    loop.post([&] { bound.set_value(server->listen(options.listen)); });
    TRY(const std::string address, bound.get_future().get());
    url = address.substr(0, 7) == "unix://" ? address : "http://" + address;
    return {};
  }

  void stop() {
    controllers.stop();
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

}  // namespace muster::cmd
