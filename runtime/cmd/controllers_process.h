// Controllers over a server elsewhere: a cache of its objects and the controllers' threads. Used by `muster
// controllers`.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/client/config.h"

namespace muster::cmd {

struct ControllersOptions {
  client::Target target;                 // must let in somebody who may do everything
  std::vector<std::string> controllers;  // names; see controllers/all
};

class ControllersProcess {
 public:
  // Connects, however long that takes, and works from then on; `ready` is called once, on some internal thread, when
  // the controllers have been started. An error when the certificates of the target cannot be used.
  static Result<std::unique_ptr<ControllersProcess>> start(ControllersOptions options, std::function<void()> ready);
  // Ends the controllers after the plans they are making, then the threads.
  ~ControllersProcess();
  ControllersProcess(const ControllersProcess&) = delete;
  ControllersProcess& operator=(const ControllersProcess&) = delete;

 private:
  struct State;
  explicit ControllersProcess(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace muster::cmd
