// A world with an instance controller in it and a clock that the test turns: keys are planned when something changes or
// when their time has come.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "api/base/limits.h"
#include "controllers/instance/instance.h"
#include "tests/support/world.h"

namespace muster::testing {

class Running : public ::testing::Test {
 public:
  Running() : controller_(make_instance_controller()) { world.add(a_cluster().uid("c")); }

  World world;
  std::size_t writes = 0;  // actions but notes, of all plans

  void restart() {
    controller_ = make_instance_controller();
    world.take_changes();
    keys_.clear();
    timers_.clear();
    controller_->start(world.state, keys_);
    started_ = true;
  }
  // Everything that is to be done at this moment.
  void settle() {
    observe();
    for (int round = 0; !keys_.empty(); ++round) {
      ASSERT_LT(round, 100000) << "does not come to rest";
      const Key key = *keys_.begin();
      keys_.erase(keys_.begin());
      timers_.erase(key);
      const Plan made = controller_->plan(world.state, key, Context{world.now, 1});
      ASSERT_LE(made.actions.size(), limits::batch_objects);
      ASSERT_FALSE(world.apply(made).conflict);
      for (const auto& action : made.actions) writes += std::holds_alternative<Note>(action) ? 0 : 1;
      if (made.requeue_after) timers_[key] = world.now + *made.requeue_after;
      observe();
    }
  }
  void advance(Duration by) {
    settle();
    const Time end = world.now + by;
    for (;;) {
      Time next = end + Duration(1);
      for (const auto& [key, time] : timers_) next = std::min(next, time);
      if (next > end) break;
      world.now = std::max(world.now, next);
      for (auto at = timers_.begin(); at != timers_.end();) {
        if (at->second > world.now) {
          ++at;
          continue;
        }
        keys_.insert(at->first);
        at = timers_.erase(at);
      }
      settle();
    }
    world.now = end;
  }

  // What the server's agent endpoint writes.
  void disconnect(const std::string& name) {
    world.edit<ContainerInstance>(name, [&](ContainerInstance& o) {
      o.status.agent.connected = false;
      o.status.agent.since = o.status.agent.last_heard = world.now;
    });
  }
  void connect(const std::string& name, bool synced = true) {
    world.edit<ContainerInstance>(name, [&](ContainerInstance& o) {
      o.status.agent.connected = true;
      o.status.agent.synced = synced;
      o.status.agent.since = world.now;
      o.status.agent.away_until = Time{};
    });
  }
  Connection verdict(const std::string& name) const { return world.get<ContainerInstance>(name)->status.connection; }
  bool lost(const std::string& task) const { return is_lost(*world.get<Task>(task)); }
  std::size_t lost_tasks() const {
    std::size_t count = 0;
    for (const auto& task : world.all<Task>()) count += is_lost(*task) ? 1 : 0;
    return count;
  }
  std::vector<std::string> reasons() const {
    std::vector<std::string> out;
    for (const auto& note : world.notes) out.push_back(note.reason);
    return out;
  }

 private:
  void observe() {
    if (!started_) return restart();
    for (const auto& change : world.take_changes()) controller_->observe(change, world.state, keys_);
  }

  std::unique_ptr<Controller> controller_;
  Keys keys_;
  std::map<Key, Time> timers_;
  bool started_ = false;
};

}  // namespace muster::testing
