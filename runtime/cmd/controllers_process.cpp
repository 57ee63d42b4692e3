#include "runtime/cmd/controllers_process.h"

#include <future>
#include <thread>
#include <utility>

#include "runtime/client/remote_objects.h"
#include "runtime/cmd/controller_threads.h"

namespace muster::cmd {

// Destroyed from the last member to the first: what uses a loop goes before the loop.
struct ControllersProcess::State {
  explicit State(ControllersOptions chosen) : options(std::move(chosen)) {}

  const ControllersOptions options;
  SystemRandom random;
  http::IoLoop loop;
  ControllerThreads controllers;
  std::unique_ptr<client::RemoteObjects> objects;
  std::thread thread;

  Status start(std::function<void()> ready) {
    TRY(auto transport, client::make_http_transport(loop, options.target));
    objects = std::make_unique<client::RemoteObjects>(loop, std::move(transport), random, client::RemoteOptions{});
    thread = std::thread([this] { loop.run(); });
    loop.post([this, ready = std::move(ready)] {
      objects->start([this, ready] {
        controllers.start(options.controllers, *objects, nullptr);
        ready();
      });
    });
    return {};
  }

  void stop() {
    if (!thread.joinable()) return;
    // On the loop, which starts the controllers: either they have not been started yet and never will be, or they have
    // been and are ended here.
    std::promise<void> ended;
    loop.post([&] {
      controllers.stop();
      objects.reset();
      ended.set_value();
    });
    ended.get_future().wait();
    loop.stop();
    thread.join();
  }
};

ControllersProcess::ControllersProcess(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<ControllersProcess>> ControllersProcess::start(ControllersOptions options,
                                                                      std::function<void()> ready) {
  std::unique_ptr<ControllersProcess> process(new ControllersProcess(std::make_unique<State>(std::move(options))));
  TRY_VOID(process->state_->start(std::move(ready)));
  return process;
}

ControllersProcess::~ControllersProcess() {
  state_->stop();
}

}  // namespace muster::cmd
