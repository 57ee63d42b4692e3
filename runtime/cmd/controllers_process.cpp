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

  void start(std::function<void()> ready) {
    objects = std::make_unique<client::RemoteObjects>(loop, client::make_http_transport(loop, options.server), random,
                                                      client::RemoteOptions{});
    thread = std::thread([this] { loop.run(); });
    loop.post([this, ready = std::move(ready)] {
      objects->start([this, ready] {
        controllers.start(options.controllers, *objects, nullptr);
        ready();
      });
    });
  }

  void stop() {
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

ControllersProcess::ControllersProcess(ControllersOptions options, std::function<void()> ready)
    : state_(std::make_unique<State>(std::move(options))) {
  state_->start(std::move(ready));
}

ControllersProcess::~ControllersProcess() {
  state_->stop();
}

}  // namespace muster::cmd
