// Random lives of random tasks: whatever happens, nothing goes back, nothing runs twice, everything comes to an end.
#include <gtest/gtest.h>

#include <cstdint>

#include "controllers/task/plan.h"
#include "tests/controllers/task/world.h"

namespace muster::task::testing {
namespace {

// splitmix64.
struct Dice {
  std::uint64_t state;
  std::uint64_t next() {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool chance(std::uint64_t percent) { return below(100) < percent; }
};

DesiredTask random_task(Dice& dice) {
  std::vector<ContainerDefinition> containers;
  const std::uint64_t count = 1 + dice.below(4);
  for (std::uint64_t at = 0; at < count; ++at) {
    ContainerDefinition definition = container("c" + std::to_string(at));
    definition.essential = at + 1 == count || dice.chance(50);
    if (dice.chance(50)) definition.health_check = HealthCheck{{"CMD", "true"}, 30, 5, 3, 0};
    if (dice.chance(30)) definition.start_timeout = static_cast<std::int32_t>(1 + dice.below(20));
    // Dependencies point to earlier containers only, so there is no cycle.
    for (std::uint64_t other = 0; other < at; ++other) {
      if (!dice.chance(40)) continue;
      const ContainerDefinition& target = containers[other];
      DependencyCondition condition = DependencyCondition::start;
      if (!target.essential && dice.chance(50)) {
        condition = dice.chance(50) ? DependencyCondition::complete : DependencyCondition::success;
      } else if (target.health_check && dice.chance(50)) {
        condition = DependencyCondition::healthy;
      }
      definition.depends_on.push_back(ContainerDependency{target.name, condition});
    }
    containers.push_back(std::move(definition));
  }
  return task_of(std::move(containers));
}

void expect_forward(const TaskStatus& before, const TaskStatus& after) {
  EXPECT_GE(after.last_status, before.last_status);
  if (is_set(before.stopping_at)) {
    EXPECT_EQ(after.stopping_at, before.stopping_at);
    EXPECT_EQ(after.stop_code, before.stop_code);
    EXPECT_EQ(after.stopped_reason, before.stopped_reason);
  }
  if (is_set(before.started_at)) {
    EXPECT_EQ(after.started_at, before.started_at);
  }
  if (is_set(before.stopped_at)) {
    EXPECT_EQ(after.stopped_at, before.stopped_at);
  }
  ASSERT_GE(after.containers.size(), before.containers.size());
  for (std::size_t at = 0; at < before.containers.size(); ++at) {
    EXPECT_EQ(after.containers[at].name, before.containers[at].name);
    EXPECT_GE(after.containers[at].last_status, before.containers[at].last_status);
    if (before.containers[at].last_status == ContainerLastStatus::stopped) {
      EXPECT_EQ(after.containers[at].exit_code, before.containers[at].exit_code);
      EXPECT_EQ(after.containers[at].reason, before.containers[at].reason);
    }
  }
}

class Life {
 public:
  explicit Life(std::uint64_t seed) : dice_{seed}, world_(random_task(dice_)) {}

  void run() {
    stop_after_ = dice_.chance(30) ? dice_.below(60) : 1'000;
    for (std::uint64_t turn = 0; turn < 120 && !::testing::Test::HasFailure(); ++turn) {
      world_.now += std::chrono::milliseconds(dice_.below(3'000));
      if (turn == stop_after_) world_.desired.spec.desired_status = DesiredStatus::stopped;
      look();
      happen();
    }
    end();
  }

 private:
  void look() {
    const TaskStatus before = world_.status();
    const TaskPlan next = world_.look();
    expect_forward(before, next.memory.status);
    // The same world decides the same.
    const TaskPlan again = plan(world_.desired, world_.observed(), next.memory, world_.now);
    EXPECT_EQ(again.memory, next.memory);
    EXPECT_EQ(again.steps, next.steps);
    std::vector<std::string> named;
    for (const Step& step : next.steps) {
      EXPECT_EQ(std::ranges::count(named, step.container), 0) << "two steps for one container";
      named.push_back(step.container);
      const auto found = world_.host.find(step.container);
      const bool there = found != world_.host.end();
      if (there) {
        EXPECT_FALSE(found->second.under_way.has_value());
      }
      const Phase phase = there ? found->second.phase : Phase::absent;
      switch (step.kind) {
        case StepKind::pull:
        case StepKind::create:
          EXPECT_EQ(phase, Phase::absent);
          EXPECT_EQ(world_.starts[step.container], 0) << "made again after it ran";
          break;
        case StepKind::start: EXPECT_EQ(phase, Phase::created); break;
        case StepKind::stop: EXPECT_EQ(phase, Phase::running); break;
        case StepKind::remove: EXPECT_TRUE(world_.desired.remains == Remains::remove || phase == Phase::created); break;
      }
    }
    if (next.memory.status.last_status == LastStatus::stopped) {
      for (const auto& [name, state] : world_.host) {
        EXPECT_FALSE(state.phase == Phase::running && strays_.count(name) == 0) << name << " runs in a stopped task";
        EXPECT_NE(state.phase, Phase::created) << name << " may still start in a stopped task";
      }
    }
    // Some of the steps begin now.
    for (const Step& step : next.steps) {
      if (!dice_.chance(60)) continue;
      world_.begin(step);
      under_way_.push_back(step);
    }
  }

  void happen() {
    for (std::size_t at = 0; at < under_way_.size();) {
      if (!dice_.chance(50)) {
        ++at;
        continue;
      }
      const Step step = under_way_[at];
      under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(at));
      const bool can_fail = step.kind != StepKind::remove;
      if (can_fail && dice_.chance(8)) {
        world_.fail(step, "CannotStartContainerError: luck");
        // A start that failed may come through all the same.
        if (step.kind == StepKind::start && dice_.chance(30)) {
          ObservedContainer& state = world_.host.at(step.container);
          if (state.phase == Phase::created) {
            state.phase = Phase::running;
            state.started_at = world_.now;
            ++world_.starts[step.container];
            strays_.insert({step.container, true});
          }
        }
      } else {
        world_.finish(step);
      }
    }
    std::vector<std::string> vanish;
    for (auto& [name, state] : world_.host) {
      if (state.phase == Phase::running && dice_.chance(4)) world_.exit(name, dice_.chance(50) ? 0 : 1);
      if (state.phase == Phase::running && dice_.chance(20)) {
        state.health = dice_.chance(80) ? HealthStatus::healthy : HealthStatus::unhealthy;
      }
      if (!state.under_way && state.phase != Phase::absent && dice_.chance(1)) vanish.push_back(name);
    }
    for (const std::string& name : vanish) {
      world_.host.erase(name);
      world_.starts[name] = std::max(world_.starts[name], 0);
    }
  }

  // Asked to end, it ends, and leaves nothing.
  void end() {
    while (!under_way_.empty()) {
      world_.finish(under_way_.back());
      under_way_.pop_back();
    }
    world_.desired.remains = Remains::remove;
    for (int turn = 0; turn < 200; ++turn) {
      world_.now += std::chrono::minutes(2);
      world_.settle();
      if (world_.look().gone) break;
    }
    EXPECT_TRUE(world_.look().gone);
    EXPECT_TRUE(world_.host.empty());
    EXPECT_EQ(world_.status().last_status, LastStatus::stopped);
    for (const auto& [name, count] : world_.starts) EXPECT_LE(count, 1) << name;
  }

  Dice dice_;
  World world_;
  std::uint64_t stop_after_ = 0;
  std::vector<Step> under_way_;
  std::map<std::string, bool> strays_;
};

TEST(TaskProperties, hold_for_random_lives) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(seed);
    Life(seed).run();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace muster::task::testing
