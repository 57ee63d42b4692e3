// The contract of a controller. It is level-triggered: plan() acts on what is, never on what an event said, and running
// it twice changes nothing. Nothing here reads a clock, draws a number or does I/O.
#pragma once

#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "api/state/state.h"
#include "controllers/base/plan.h"

namespace muster {

using Keys = std::set<Key>;

// One instance serves one runner; calls come from one thread at a time.
class Controller {
 public:
  virtual ~Controller() = default;
  virtual std::string_view name() const = 0;
  // All keys to look at when the controller starts. A controller that keeps a model builds it here from nothing.
  virtual void start(const State& state, Keys& keys) = 0;
  // A change that has just become part of `after`: updates the model, adds the keys to look at again.
  virtual void observe(const Change& change, const State& after, Keys& keys) = 0;
  // Decides for one key. `state` is the one of the last observe() or start(). At most limits::batch_objects actions: a
  // plan that needs more does its first part and is called again at once because of its own changes.
  virtual Plan plan(const State& state, const Key& key, const Context& context) = 0;
};

}  // namespace muster
