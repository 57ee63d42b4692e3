// The shell around a controller, over a real store on a virtual clock.
#include "runtime/reconcile/runner.h"

#include <gtest/gtest.h>

#include "tests/runtime/store/store_support.h"

namespace muster::reconcile {
namespace {

using store::testing::a_lease;
using store::testing::a_namespace;
using store::testing::holder_of;
using store::testing::World;

// Decides by a function that the test gives.
class Scripted final : public Controller {
 public:
  using Decide = std::function<Plan(const State&, const Key&, const Context&)>;
  explicit Scripted(Decide decide) : decide_(std::move(decide)) {}
  std::string_view name() const override { return "scripted"; }
  void start(const State& state, Keys& keys) override {
    ++starts;
    for (const auto& lease : state.list<Lease>()) keys.insert(key_of(*lease));
  }
  void observe(const Change& change, const State&, Keys& keys) override {
    if (change.object().kind == &kind_of<Lease>()) keys.insert(key_of(change.object()));
  }
  Plan plan(const State& state, const Key& key, const Context& context) override {
    ++plans;
    return decide_(state, key, context);
  }
  int plans = 0, starts = 0;

 private:
  Decide decide_;
};

class RunnerTest : public ::testing::Test {
 protected:
  Scripted& run(Scripted::Decide decide) {
    auto controller = std::make_unique<Scripted>(std::move(decide));
    Scripted& handle = *controller;
    RunnerOptions options;
    options.build = "test";
    options.on_outcome = [this](const Outcome& outcome) { outcomes.push_back(outcome.result); };
    runner = std::make_unique<Runner>(std::move(controller), world.store(), world.loop(), random, options);
    runner->start();
    world.loop().run_ready();
    return handle;
  }
  static Lease lease_of(const State& state, const Key& key) { return *state.get<Lease>(key.ns, key.name); }

  SeededRandom random{1};
  World world;
  std::unique_ptr<Runner> runner;
  std::vector<Outcome::Result> outcomes;
};

TEST_F(RunnerTest, commits_what_is_planned_and_becomes_quiet) {
  world.must({create(a_namespace()), create(a_lease("a", "nobody"))});
  Scripted& controller = run([](const State& state, const Key& key, const Context&) {
    Plan plan;
    Lease lease = lease_of(state, key);
    if (lease.spec.holder_identity == "me") return plan;
    lease.spec.holder_identity = "me";
    plan.actions.emplace_back(Update{share(lease)});
    return plan;
  });
  EXPECT_EQ(holder_of(world.store().state(), "a"), "me");
  EXPECT_EQ(controller.plans, 2) << "once to change it, once to see that it is well";
  world.must({create(a_lease("b", "nobody"))});
  world.loop().run_ready();
  EXPECT_EQ(holder_of(world.store().state(), "b"), "me");
}

TEST_F(RunnerTest, plans_again_when_asked_to) {
  world.must({create(a_namespace()), create(a_lease("a"))});
  Scripted& controller = run([](const State&, const Key&, const Context&) {
    Plan plan;
    plan.look_again(std::chrono::seconds(5));
    return plan;
  });
  EXPECT_EQ(controller.plans, 1);
  world.loop().advance(std::chrono::seconds(4));
  EXPECT_EQ(controller.plans, 1);
  world.loop().advance(std::chrono::seconds(2));
  EXPECT_EQ(controller.plans, 2);
}

TEST_F(RunnerTest, a_conflict_means_look_again) {
  world.must({create(a_namespace()), create(a_lease("a", "nobody"))});
  bool first = true;
  Scripted& controller = run([&](const State& state, const Key& key, const Context&) {
    Plan plan;
    Lease lease = lease_of(state, key);
    if (lease.spec.holder_identity == "me") return plan;
    if (std::exchange(first, false)) {
      // Somebody else writes between the plan and its commit.
      Lease other = lease;
      other.spec.holder_identity = "other";
      store::Batch batch;
      batch.writes.push_back(update(share(other)));
      world.store().commit(std::move(batch), [](const Result<store::Committed>& result) { EXPECT_TRUE(result.ok()); });
    }
    lease.spec.holder_identity = "me";
    plan.actions.emplace_back(Update{share(lease)});
    return plan;
  });
  world.loop().advance(std::chrono::seconds(1));
  EXPECT_EQ(holder_of(world.store().state(), "a"), "me");
  EXPECT_NE(std::find(outcomes.begin(), outcomes.end(), Outcome::Result::conflict), outcomes.end());
  EXPECT_GE(controller.plans, 3);
}

TEST_F(RunnerTest, an_invalid_plan_is_tried_again_ever_more_slowly) {
  world.must({create(a_namespace()), create(a_lease("a"))});
  Scripted& controller = run([](const State&, const Key&, const Context&) {
    Plan plan;
    plan.actions.emplace_back(Create{a_lease("")});
    return plan;
  });
  world.loop().advance(std::chrono::minutes(10));
  EXPECT_GT(controller.plans, 10);
  EXPECT_LT(controller.plans, 60) << "the back-off grows to half a minute";
}

TEST_F(RunnerTest, notes_become_events_that_count_their_repeats) {
  world.must({create(a_namespace()), create(a_lease("a"))});
  int said = 0;
  run([&](const State& state, const Key& key, const Context&) {
    Plan plan;
    if (said++ < 3) {
      plan.actions.emplace_back(Note{state.find(key), NoteType::warning, "Trouble", "the lease is in trouble"});
      plan.look_again(std::chrono::seconds(20));
    }
    return plan;
  });
  world.loop().advance(std::chrono::minutes(2));
  const auto events = world.store().state().list<Event>();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]->count, 3);
  EXPECT_EQ(events[0]->type, "Warning");
  EXPECT_EQ(events[0]->involved_object.name, "a");
}

TEST_F(RunnerTest, a_loop_that_repeats_itself_does_not_fill_the_store) {
  world.must({create(a_namespace()), create(a_lease("a"))});
  run([&](const State& state, const Key& key, const Context&) {
    Plan plan;
    plan.actions.emplace_back(Note{state.find(key), NoteType::normal, "Chatter", "again"});
    plan.look_again(std::chrono::milliseconds(100));
    return plan;
  });
  const std::int64_t before = world.store().state().revision();
  world.loop().advance(std::chrono::seconds(60));
  EXPECT_LE(world.store().state().revision() - before, 7);
}

TEST_F(RunnerTest, the_same_state_clock_and_seed_are_what_a_plan_gets) {
  world.must({create(a_namespace()), create(a_lease("a"))});
  Time seen{};
  run([&](const State&, const Key&, const Context& context) {
    seen = context.now;
    return Plan{};
  });
  EXPECT_EQ(seen, world.loop().now());
}

}  // namespace
}  // namespace muster::reconcile
