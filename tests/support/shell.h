// Runs controllers over a World as the real shell does: changes in, keys out, plans applied, timers on a virtual clock.
// Everything is in one thread and in order, so a test that fails fails again.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "tests/support/world.h"

namespace muster::testing {

class Shell {
 public:
  explicit Shell(World& world) : world_(world) {}

  Controller& add(std::unique_ptr<Controller> controller) {
    runners_.push_back(Runner{std::move(controller), {}, {}});
    world_.take_changes();
    runners_.back().controller->start(world_.state, runners_.back().keys);
    return *runners_.back().controller;
  }
  // As a process that ends and begins again: the model is rebuilt.
  void restart() {
    observe();
    for (Runner& each : runners_) {
      each.keys.clear();
      each.timers.clear();
      each.controller->start(world_.state, each.keys);
    }
  }
  // Plans until nobody has anything to do now. Fails the test when that does not come.
  void settle() {
    for (int round = 0; round < 20'000; ++round) {
      if (!step()) return;
    }
    ADD_FAILURE() << "the controllers do not come to rest";
  }
  // One plan; false when there is nothing to do now.
  bool step() {
    observe();
    for (Runner& each : runners_) {
      if (each.keys.empty()) continue;
      const Key key = *each.keys.begin();
      each.keys.erase(each.keys.begin());
      each.timers.erase(key);
      ++plans;
      const Plan plan = each.controller->plan(world_.state, key, Context{world_.now, plans});
      EXPECT_LE(plan.actions.size(), 1024U);
      if (on_plan) on_plan(*each.controller, key, plan);
      if (world_.apply(plan).conflict) {
        ++conflicts;
        each.keys.insert(key);
      }
      if (plan.requeue_after == Duration::zero()) {
        each.keys.insert(key);
      } else if (plan.requeue_after.has_value()) {
        each.timers[key] = world_.now + *plan.requeue_after;
      }
      return true;
    }
    return false;
  }
  // Lets time pass, with every timer at its moment.
  void advance(Duration time) {
    const Time end = world_.now + time;
    settle();
    for (int round = 0; round < 20'000; ++round) {
      const Time next = next_timer();
      if (!is_set(next) || next > end) break;
      world_.now = std::max(world_.now, next);
      for (Runner& each : runners_) {
        for (const auto& [key, at] : each.timers) {
          if (at <= world_.now) each.keys.insert(key);
        }
      }
      settle();
    }
    world_.now = end;
    settle();
  }
  // When the next timer is due; unset: never.
  Time next_timer() const {
    Time next{};
    for (const Runner& each : runners_) {
      for (const auto& [key, at] : each.timers) {
        if (!is_set(next) || at < next) next = at;
      }
    }
    return next;
  }

  std::function<void(const Controller& controller, const Key& key, const Plan& plan)> on_plan;
  std::uint64_t plans = 0;
  int conflicts = 0;

 private:
  struct Runner {
    std::unique_ptr<Controller> controller;
    Keys keys;
    std::map<Key, Time> timers;
  };
  void observe() {
    for (const Change& change : world_.take_changes()) {
      for (Runner& each : runners_) each.controller->observe(change, world_.state, each.keys);
    }
  }

  World& world_;
  std::vector<Runner> runners_;
};

}  // namespace muster::testing
