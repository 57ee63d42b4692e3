// Controllers over a server elsewhere: a cache of its objects and the controllers' threads. Used by `muster
// controllers`.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace muster::cmd {

struct ControllersOptions {
  std::string server;                    // "http://127.0.0.1:8700", "unix:///run/muster.sock"
  std::vector<std::string> controllers;  // names; see controllers/all
};

class ControllersProcess {
 public:
  // Connects, however long that takes, and works from then on; `ready` is called once, on some internal thread, when
  // the controllers have been started.
  ControllersProcess(ControllersOptions options, std::function<void()> ready);
  // Ends the controllers after the plans they are making, then the threads.
  ~ControllersProcess();
  ControllersProcess(const ControllersProcess&) = delete;
  ControllersProcess& operator=(const ControllersProcess&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace muster::cmd
