// Canary and linear rollouts: how many new tasks, for how long, and who lets them go on.
#include "controllers/service/steps.h"

#include "tests/controllers/service/replicas.h"

namespace muster::service {
namespace {

using muster::testing::a_service;
using muster::testing::Replicas;
using std::chrono::minutes;
using ::testing::HasSubstr;

TEST(Steps, are_shares_of_the_wanted_tasks) {
  using enum DeploymentStrategy;
  struct StepRow {
    DeploymentStrategy strategy;
    std::int32_t percent, done, desired, number, last, tasks;
  };
  for (const StepRow& row : {
           StepRow{rolling, 10, 0, 4, 0, 0, 4}, StepRow{canary, 5, 0, 100, 1, 2, 5},
           StepRow{canary, 5, 0, 4, 1, 2, 1},                                       // rounded up
           StepRow{canary, 5, 1, 100, 0, 0, 100},                                   // the rest
           StepRow{canary, 100, 0, 4, 0, 0, 4}, StepRow{canary, 5, 0, 1, 0, 0, 1},  // one task is all
           StepRow{canary, 5, 0, 0, 0, 0, 0}, StepRow{linear, 25, 0, 8, 1, 4, 2}, StepRow{linear, 25, 2, 8, 3, 4, 6},
           StepRow{linear, 25, 3, 8, 0, 0, 8}, StepRow{linear, 30, 2, 10, 3, 4, 9},
           StepRow{linear, 30, 3, 10, 0, 0, 10}, StepRow{linear, 10, 5, 3, 6, 10, 2},
           StepRow{linear, 10, 6, 3, 0, 0, 3},  // rounded up, it is all of them
       }) {
    DeploymentConfiguration configuration;
    configuration.strategy = row.strategy;
    configuration.canary_configuration = CanaryConfiguration{row.percent, 10};
    configuration.linear_configuration = LinearConfiguration{row.percent, 6};
    const Step step = step_of(configuration, row.done, row.desired);
    EXPECT_EQ(step.number, row.number) << row.percent << " % of " << row.desired << " after " << row.done;
    EXPECT_EQ(step.last, row.last);
    EXPECT_EQ(step.tasks, row.tasks);
  }
}

class Stepwise : public Replicas {
 protected:
  void given_eight(DeploymentStrategy strategy, bool pause_after_step = false) {
    given(a_service("web").definition("web:1").desired(8));
    shell.advance(minutes(5));
    change([&](ServiceSpec& spec) {
      DeploymentConfiguration& configuration = spec.deployment_configuration;
      configuration.strategy = strategy;
      configuration.canary_configuration = CanaryConfiguration{25, 10};
      configuration.linear_configuration = LinearConfiguration{25, 10};
      configuration.pause_after_step = pause_after_step;
    });
    change([&](ServiceSpec& spec) { spec.task_definition = "web:2"; });
    settle();
  }
  // To rest, with all timers of the next minute.
  void settle() {
    rest();
    shell.advance(minutes(1));
    rest();
  }
  void expect(std::size_t old, std::size_t fresh) {
    EXPECT_EQ(live_of("web:1").size(), old);
    EXPECT_EQ(live_of("web:2").size(), fresh);
  }
  void promote(int step) {
    const std::string token = primary().id + "/" + std::to_string(step);
    world.edit<Service>("web", [&](Service& s) { s.metadata.annotations["muster.dev/promote"] = token; });
    settle();
  }
  const Deployment& primary() const { return service()->status.deployments.front(); }
  std::string ready() const { return find_condition(service()->status.conditions, "Ready")->message; }
};

TEST_F(Stepwise, a_canary_proves_itself_before_the_rest_follows) {
  given_eight(DeploymentStrategy::canary);
  expect(6, 2);
  EXPECT_THAT(ready(), HasSubstr("; step 1 of 2: 2 of 8 tasks of web:2 until "));
  shell.advance(minutes(8));
  rest();
  expect(6, 2);
  shell.advance(minutes(2));
  settle();
  expect(0, 8);
  EXPECT_EQ(primary().rollout_state, RolloutState::completed);
}

TEST_F(Stepwise, a_linear_rollout_goes_on_step_by_step) {
  given_eight(DeploymentStrategy::linear);
  for (const std::size_t fresh : {2U, 4U, 6U}) {
    expect(8 - fresh, fresh);
    shell.advance(minutes(10));
    settle();
  }
  expect(0, 8);
  EXPECT_EQ(primary().rollout_state, RolloutState::completed);
}

TEST_F(Stepwise, a_task_that_dies_begins_the_time_anew) {
  given_eight(DeploymentStrategy::canary);
  shell.advance(minutes(8));
  hosts.crash(live_of("web:2")[0]->metadata.name);
  settle();
  expect(6, 2);
  shell.advance(minutes(8));
  rest();
  expect(6, 2);
  shell.advance(minutes(3));
  settle();
  expect(0, 8);
}

TEST_F(Stepwise, a_person_lets_each_step_go_on) {
  given_eight(DeploymentStrategy::linear, true);
  EXPECT_THAT(ready(), HasSubstr("step 1 of 4: 2 of 8 tasks of web:2, waits for muster rollout promote (or abort)"));
  shell.advance(minutes(600));
  rest();
  expect(6, 2);
  promote(2);
  expect(6, 2);  // that step is not the present one
  promote(1);
  expect(4, 4);
  promote(2);
  expect(2, 6);
  promote(3);
  expect(0, 8);
  EXPECT_EQ(primary().rollout_state, RolloutState::completed);
}

TEST_F(Stepwise, waiting_is_no_lack_of_progress) {
  given_eight(DeploymentStrategy::canary, true);
  change([](ServiceSpec& spec) { spec.deployment_configuration.progress_deadline = minutes(5); });
  settle();
  shell.advance(minutes(600));
  rest();
  EXPECT_EQ(primary().rollout_state, RolloutState::in_progress);
}

TEST_F(Stepwise, an_abort_takes_the_canary_back_at_once) {
  given_eight(DeploymentStrategy::canary, true);
  const std::string id = primary().id;
  world.edit<Service>("web", [&](Service& s) { s.metadata.annotations["muster.dev/abort"] = id; });
  settle();
  expect(8, 0);
  EXPECT_EQ(primary().rollout_state, RolloutState::completed) << "a rollback has no steps";
}

TEST_F(Stepwise, the_first_deployment_has_nothing_to_step_from) {
  a_service first("web");
  first.definition("web:2").desired(8).with([](Service& s) {
    s.spec.deployment_configuration.strategy = DeploymentStrategy::canary;
    s.spec.deployment_configuration.pause_after_step = true;
  });
  given(first);
  expect(0, 8);
}

TEST_F(Stepwise, a_count_that_changes_changes_the_step) {
  given_eight(DeploymentStrategy::canary, true);
  change([](ServiceSpec& spec) { spec.desired_count = 4; });
  settle();
  expect(2, 2);  // a step takes nothing away
  change([](ServiceSpec& spec) { spec.desired_count = 12; });
  settle();
  EXPECT_EQ(live_of("web:2").size(), 3U);
}

}  // namespace
}  // namespace muster::service
