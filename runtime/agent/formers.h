// The identities that this agent had before: an administrator gave it another name. The containers of then belong to
// nobody; they are looked for until none has been there for a while, also after
// a restart of the agent, because what had been asked of the engine may still come true.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "controllers/task/desired.h"
#include "runtime/base/life.h"
#include "runtime/base/loop.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

struct FormersCallbacks {
  // Called before a list is asked for; the answer comes back with it.
  std::function<std::uint64_t()> next_order;
  // Containers of a former identity.
  std::function<void(std::uint64_t order, const std::vector<drivers::ContainerState>& containers)> on_found;
  // What must be kept on disk: the identities still looked for.
  std::function<void(const std::vector<task::Identity>& identities)> on_change;
};

class Formers {
 public:
  // The loop and the driver outlive it.
  Formers(Loop& loop, drivers::Driver& driver, FormersCallbacks callbacks);
  ~Formers();
  Formers(const Formers&) = delete;
  Formers& operator=(const Formers&) = delete;

  // From the disk.
  void restore(const std::vector<task::Identity>& identities);
  void add(const task::Identity& identity);
  // The agent is this one again.
  void forget(const task::Identity& identity);
  // The engine has come back, or something has changed: looks at once.
  void look();

 private:
  struct Former {
    task::Identity identity;
    Duration empty_since{};  // monotonic; when it has none
    bool empty = false;
  };

  void keep(const task::Identity& identity);
  void ask(const task::Identity& identity);
  void answered(const task::Identity& identity, std::uint64_t order,
                const Result<std::vector<drivers::ContainerState>>& containers);
  void look_later();
  void save();

  Loop& loop_;
  drivers::Driver& driver_;
  FormersCallbacks callbacks_;
  std::vector<Former> formers_;
  Duration wait_;
  Loop::Timer timer_ = 0;
  Life life_;
};

}  // namespace muster::agent
