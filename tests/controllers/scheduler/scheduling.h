// A world with a scheduler in it, run as the shell runs it: changes are observed one by one, keys are planned until
// there are none left.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/base/limits.h"
#include "controllers/scheduler/scheduler.h"
#include "tests/support/world.h"

namespace muster::testing {

class Scheduling : public ::testing::Test {
 public:
  Scheduling() : scheduler_(make_scheduler()) {}

  World world;
  std::size_t plans = 0;        // with actions
  std::size_t empty_plans = 0;  // for nothing
  std::uint64_t seed = 1;

  // Begins with what is in the world: a model built from nothing.
  void restart() {
    scheduler_ = make_scheduler();
    world.take_changes();
    keys_.clear();
    scheduler_->start(world.state, keys_);
    started_ = true;
  }
  void observe() {
    if (!started_) return restart();
    for (const auto& change : world.take_changes()) scheduler_->observe(change, world.state, keys_);
  }
  Plan plan(const std::string& cluster = "default") {
    return scheduler_->plan(world.state, Key{&kind_of<Cluster>(), {}, cluster}, Context{world.now, seed++});
  }
  // Until it is quiet.
  void settle() {
    observe();
    for (int round = 0; !keys_.empty(); ++round) {
      ASSERT_LT(round, 10000) << "does not come to rest";
      const Key key = *keys_.begin();
      keys_.erase(keys_.begin());
      const Plan made = scheduler_->plan(world.state, key, Context{world.now, seed++});
      ++(made.actions.empty() ? empty_plans : plans);
      ASSERT_LE(made.actions.size(), limits::batch_objects);
      ASSERT_FALSE(world.apply(made).conflict);
      observe();
    }
  }

  std::string where(const std::string& task) const {
    const auto found = world.get<Task>(task);
    return found != nullptr ? found->spec.container_instance : "";
  }
  // Of the condition Placed=False; empty when there is none.
  std::string refusal(const std::string& task) const {
    const auto* placed = find_condition(world.get<Task>(task)->status.conditions, "Placed");
    return placed != nullptr && placed->status == "False" ? placed->message : "";
  }
  std::map<std::string, int> tasks_per_instance() const {
    std::map<std::string, int> out;
    for (const auto& task : world.all<Task>()) ++out[task->spec.container_instance];
    return out;
  }
  // `count` tasks `name-000` ... of the group.
  void tasks(const std::string& name, int count, const std::function<void(a_task&)>& edit = {}) {
    for (int i = 0; i < count; ++i) {
      const std::string number = std::to_string(i);
      a_task task(str(name, "-", std::string(3 - std::min<std::size_t>(3, number.size()), '0'), number));
      task.group("service:" + name);
      if (edit) edit(task);
      world.add(task);
    }
  }

 private:
  std::unique_ptr<Controller> scheduler_;
  Keys keys_;
  bool started_ = false;
};

}  // namespace muster::testing
