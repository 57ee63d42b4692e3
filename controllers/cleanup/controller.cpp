#include "controllers/cleanup/cleanup.h"
#include "controllers/cleanup/events.h"
#include "controllers/cleanup/stopped_tasks.h"
#include "controllers/cleanup/tokens.h"

namespace muster::cleanup {

namespace {

class CleanupController final : public Controller {
 public:
  std::string_view name() const override { return "cleanup"; }
  void start(const State& state, Keys& keys) override {
    tasks_.start(state, keys);
    events_.start(state, keys);
    tokens_.start(state, keys);
  }
  void observe(const Change& change, const State& after, Keys& keys) override {
    tasks_.observe(change, after, keys);
    events_.observe(change, keys);
    tokens_.observe(change, keys);
  }
  Plan plan(const State& state, const Key& key, const Context& context) override {
    Plan plan;
    if (key == Events::key()) {
      events_.clear(state, context.now, plan);
    } else if (key == Tokens::key()) {
      tokens_.clear(state, context.now, plan);
    } else {
      tasks_.clear(state, key, context.now, plan);
    }
    return plan;
  }

 private:
  StoppedTasks tasks_;
  Events events_;
  Tokens tokens_;
};

}  // namespace

}  // namespace muster::cleanup

namespace muster {

std::unique_ptr<Controller> make_cleanup_controller() {
  return std::make_unique<cleanup::CleanupController>();
}

}  // namespace muster
