// Rollouts that people hold, resume or give up, and those that take too long.
#include "controllers/service/circuit_breaker.h"
#include "tests/controllers/service/replicas.h"

namespace muster::service {
namespace {

using muster::testing::a_revision;
using muster::testing::a_service;
using muster::testing::Replicas;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class Held : public Replicas {
 protected:
  void given_four() {
    given(a_service("web").definition("web:1").desired(4).percent(100, 150));
    shell.advance(minutes(5));
    ASSERT_TRUE(is_true(service()->status.conditions, "Ready"));
  }
  void ask(const std::string& definition) {
    change([&](ServiceSpec& spec) { spec.task_definition = definition; });
  }
  void pause(bool paused) {
    change([&](ServiceSpec& spec) { spec.paused = paused; });
  }
  // Two of web:2 run beside four of web:1.
  void half_way() {
    given_four();
    ask("web:2");
    shell.settle();
    hosts.work();
    ASSERT_EQ(live_of("web:2").size(), 2U);
    ASSERT_EQ(live_of("web:1").size(), 4U);
  }
  void abort() {
    const std::string id = primary().id;
    world.edit<Service>("web", [&](Service& s) { s.metadata.annotations["muster.dev/abort"] = id; });
    rest();
    shell.advance(minutes(1));
    rest();
  }
  const Deployment& primary() const { return service()->status.deployments.front(); }
  const Condition* stalled() const { return find_condition(service()->status.conditions, "Stalled"); }
  std::string ready() const { return find_condition(service()->status.conditions, "Ready")->message; }
};

TEST_F(Held, a_paused_rollout_goes_no_further_until_it_is_resumed) {
  half_way();
  pause(true);
  rest();
  shell.advance(minutes(10));
  rest();
  EXPECT_EQ(live_of("web:2").size(), 2U);
  EXPECT_EQ(live_of("web:1").size(), 2U) << "what the new ones replace has gone";
  EXPECT_THAT(ready(), HasSubstr("paused with 2 of 4 tasks of web:2 (muster rollout resume)"));
  EXPECT_EQ(find_condition(service()->status.conditions, "Ready")->reason, "DeploymentPaused");

  hosts.crash(live_of("web:1")[0]->metadata.name);
  hosts.crash(live_of("web:2")[0]->metadata.name);
  rest();
  EXPECT_EQ(live_of("web:2").size(), 2U) << "each is replaced by its like";
  EXPECT_EQ(live_of("web:1").size(), 2U);

  change([](ServiceSpec& spec) { spec.desired_count = 6; });
  rest();
  EXPECT_EQ(live().size(), 6U) << "the count may change";
  pause(false);
  rest();
  shell.advance(minutes(1));
  rest();
  EXPECT_EQ(live_of("web:2").size(), 6U);
  EXPECT_EQ(live().size(), 6U);
  EXPECT_EQ(primary().rollout_state, RolloutState::completed);
}

TEST_F(Held, a_paused_service_begins_no_rollout) {
  given_four();
  pause(true);
  ask("web:2");
  rest();
  EXPECT_TRUE(live_of("web:2").empty());
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready")) << "it does what it did";
  hosts.crash(live()[0]->metadata.name);
  change([](ServiceSpec& spec) { spec.desired_count = 5; });
  rest();
  EXPECT_EQ(live_of("web:1").size(), 5U);
  pause(false);
  rest();
  shell.advance(minutes(1));
  rest();
  EXPECT_EQ(live_of("web:2").size(), 5U);
}

TEST_F(Held, a_service_that_is_paused_from_the_beginning_says_so) {
  given(a_service("web").definition("web:1").desired(1));
  world.remove<Service>("web");
  rest();
  a_service paused("api");
  paused.definition("web:1").desired(1).with([](Service& s) { s.spec.paused = true; });
  world.add(paused);
  rest();
  const auto api = world.get<Service>("api");
  ASSERT_NE(find_condition(api->status.conditions, "Stalled"), nullptr);
  EXPECT_EQ(find_condition(api->status.conditions, "Stalled")->reason, "DeploymentPaused");
}

TEST_F(Held, an_aborted_rollout_goes_back_at_once) {
  half_way();
  const auto before = live_of("web:1");
  abort();
  EXPECT_EQ(primary().task_definition, "web:1");
  EXPECT_EQ(primary().rollout_state, RolloutState::completed);
  EXPECT_EQ(live_of("web:2").size(), 0U);
  EXPECT_EQ(live_of("web:1").size(), 4U);
  ASSERT_NE(stalled(), nullptr);
  EXPECT_EQ(stalled()->reason, "RolledBack");
  EXPECT_THAT(stalled()->message, HasSubstr("of web:2 was aborted and was rolled back to web:1"));
  EXPECT_THAT(messages(), Contains(HasSubstr("deployment aborted")));
  ask("web:3");
  rest();
  shell.advance(minutes(1));
  rest();
  EXPECT_EQ(live_of("web:3").size(), 4U) << "the next one is not concerned";
}

TEST_F(Held, a_paused_rollout_can_be_aborted) {
  half_way();
  pause(true);
  rest();
  abort();
  pause(false);
  rest();
  shell.advance(minutes(1));
  rest();
  EXPECT_EQ(primary().task_definition, "web:1");
  EXPECT_EQ(live_of("web:1").size(), 4U);
  EXPECT_EQ(live_of("web:2").size(), 0U);
}

TEST_F(Held, what_is_complete_cannot_be_aborted) {
  given_four();
  abort();
  EXPECT_EQ(primary().rollout_state, RolloutState::completed);
  EXPECT_EQ(stalled(), nullptr);
}

class Deadline : public Held {
 protected:
  // Nothing of web:2 becomes healthy by itself.
  void given_checked(bool rollback) {
    world.edit<TaskDefinitionRevision>("web:2", [](TaskDefinitionRevision& r) {
      HealthCheck check;
      check.command = {"CMD", "true"};
      r.spec.container_definitions.front().health_check = check;
    });
    given_four();
    change([&](ServiceSpec& spec) {
      spec.deployment_configuration.progress_deadline = minutes(10);
      spec.deployment_configuration.deployment_circuit_breaker.rollback = rollback;
    });
    ask("web:2");
    rest();
    ASSERT_EQ(live_of("web:2").size(), 2U);
  }
  void heal_one() {
    for (const auto& task : live_of("web:2")) {
      if (task->status.health_status == HealthStatus::healthy) continue;
      hosts.health(task->metadata.name, HealthStatus::healthy);
      break;
    }
    rest();
  }
};

TEST_F(Deadline, without_progress_it_is_given_up) {
  given_checked(false);
  EXPECT_THAT(ready(), HasSubstr("given up at "));
  shell.advance(minutes(9));
  heal_one();
  shell.advance(minutes(9));
  rest();
  EXPECT_EQ(primary().rollout_state, RolloutState::in_progress) << "it had moved on";
  shell.advance(minutes(2));
  rest();
  EXPECT_EQ(primary().rollout_state, RolloutState::failed);
  EXPECT_EQ(primary().rollout_state_reason, "ECS deployment progress deadline: no further task became healthy.");
  ASSERT_NE(stalled(), nullptr);
  EXPECT_EQ(stalled()->reason, "DeploymentFailed");
  EXPECT_THAT(stalled()->message, HasSubstr("no further task became healthy in time"));
}

TEST_F(Deadline, and_rolled_back_where_that_is_wanted) {
  given_checked(true);
  shell.advance(minutes(11));
  rest();
  shell.advance(minutes(1));
  rest();
  EXPECT_EQ(primary().task_definition, "web:1");
  EXPECT_EQ(live_of("web:1").size(), 4U);
  EXPECT_EQ(live_of("web:2").size(), 0U);
  EXPECT_EQ(stalled()->reason, "RolledBack");
}

TEST_F(Deadline, a_pause_does_not_count) {
  given_checked(false);
  shell.advance(minutes(9));
  pause(true);
  rest();
  shell.advance(minutes(60));
  rest();
  EXPECT_EQ(primary().rollout_state, RolloutState::in_progress);
  pause(false);
  rest();
  shell.advance(minutes(9));
  rest();
  EXPECT_EQ(primary().rollout_state, RolloutState::in_progress) << "it begins anew";
  shell.advance(minutes(2));
  rest();
  EXPECT_EQ(primary().rollout_state, RolloutState::failed);
}

TEST_F(Deadline, who_makes_progress_has_time) {
  given_checked(false);
  for (int i = 0; i < 8; ++i) {
    shell.advance(minutes(9));
    heal_one();
  }
  EXPECT_EQ(primary().rollout_state, RolloutState::completed);
  shell.advance(minutes(60));
  rest();
  EXPECT_EQ(primary().rollout_state, RolloutState::completed) << "it concerns rollouts only";
}

}  // namespace
}  // namespace muster::service
