// ecs.md section 3.5: deployments whose tasks keep failing are given up, and the last good one comes back.
#include "controllers/service/circuit_breaker.h"

#include "tests/controllers/service/replicas.h"

namespace muster::service {
namespace {

using namespace testing;  // NOLINT: the fixture's words
using muster::testing::a_revision;
using muster::testing::a_service;
using muster::testing::Replicas;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::int32_t threshold(ThresholdType type, std::int32_t value, std::int32_t desired) {
  return failure_threshold(CircuitBreakerThreshold{type, value}, desired);
}

TEST(CircuitBreaker, thresholds) {
  using enum ThresholdType;
  struct Row {
    ThresholdType type;
    std::int32_t value, desired, expected;
  };
  for (const Row& row :
       {Row{bounded_percent, 50, 0, 3}, Row{bounded_percent, 50, 1, 3}, Row{bounded_percent, 50, 7, 4},
        Row{bounded_percent, 50, 25, 13}, Row{bounded_percent, 50, 400, 200}, Row{bounded_percent, 50, 800, 200},
        Row{bounded_percent, 10, 100, 10}, Row{unbounded_percent, 50, 800, 400}, Row{unbounded_percent, 50, 1, 1},
        Row{unbounded_percent, 50, 0, 1}, Row{count, 5, 1000, 5}}) {
    EXPECT_EQ(threshold(row.type, row.value, row.desired), row.expected) << row.desired << " at " << row.value;
  }
}

class Breaker : public Replicas {
 protected:
  // Completed with web:1, and its breaker on.
  void given_good(std::int32_t desired, bool rollback = true) {
    given(a_service("web").definition("web:1").desired(desired));
    change([&](ServiceSpec& spec) {
      spec.deployment_configuration.deployment_circuit_breaker.enable = true;
      spec.deployment_configuration.deployment_circuit_breaker.rollback = rollback;
    });
    rest();
    shell.advance(minutes(5));
    ASSERT_TRUE(is_true(service()->status.conditions, "Ready"));
  }
  void ask(const std::string& definition) {
    change([&](ServiceSpec& spec) { spec.task_definition = definition; });
  }
  // Everything of the definition crashes as soon as it runs, for so long.
  void crash_all_of(const std::string& definition, Duration time) {
    const Time end = world.now + time;
    while (world.now < end) {
      for (int turn = 0; turn < 4; ++turn) {
        shell.settle();
        hosts.work();
        for (const auto& task : live_of(definition)) {
          if (task->status.last_status == LastStatus::running) hosts.crash(task->metadata.name);
        }
      }
      shell.advance(seconds(1));
    }
    shell.settle();
  }
  std::vector<std::shared_ptr<const Task>> ever_of(const std::string& definition) const {
    std::vector<std::shared_ptr<const Task>> out;
    for (const auto& task : world.all<Task>()) {
      if (task->spec.task_definition == definition) out.push_back(task);
    }
    return out;
  }
  const Deployment& primary() const { return service()->status.deployments.front(); }
  const Condition* stalled() const { return find_condition(service()->status.conditions, "Stalled"); }
};

TEST_F(Breaker, goes_back_to_what_was_completed) {
  given_good(4);
  const auto before = live_of("web:1");
  ask("web:2");
  crash_all_of("web:2", minutes(2));
  rest();
  shell.advance(minutes(2));
  EXPECT_EQ(primary().task_definition, "web:1");
  EXPECT_EQ(primary().rollout_state, RolloutState::completed);
  EXPECT_EQ(live_of("web:1").size(), 4U);
  ASSERT_THAT(live_of("web:2"), IsEmpty());
  std::set<std::string> names;
  for (const auto& task : live_of("web:1")) names.insert(task->metadata.name);
  for (const auto& task : before) EXPECT_TRUE(names.contains(task->metadata.name)) << "the old tasks were well";
  ASSERT_NE(stalled(), nullptr);
  EXPECT_EQ(stalled()->reason, "RolledBack");
  EXPECT_THAT(stalled()->message, HasSubstr("of web:2 failed and was rolled back to web:1"));
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready")) << "it serves";
  EXPECT_THAT(stalled()->message, HasSubstr("stopped: Essential container in task exited")) << "and why";
  EXPECT_THAT(stalled()->message, HasSubstr("another definition or a restart is tried again"));
  EXPECT_THAT(messages(), Contains(HasSubstr("deployment failed: tasks failed to start; task web-")));
  EXPECT_THAT(messages(), Contains(HasSubstr("(service web) rolling back to deployment ecs-svc/")));

  const std::size_t tried = ever_of("web:2").size();
  shell.advance(minutes(30));
  rest();
  EXPECT_EQ(ever_of("web:2").size(), tried) << "it is not tried again";
}

TEST_F(Breaker, a_newer_definition_or_a_restart_is_tried) {
  given_good(1);
  ask("web:2");
  crash_all_of("web:2", minutes(1));
  rest();
  ASSERT_EQ(primary().task_definition, "web:1");
  const std::size_t tried = ever_of("web:2").size();
  world.edit<Service>("web", [](Service& s) { s.metadata.annotations["muster.dev/restartedAt"] = "now"; });
  rest();
  EXPECT_EQ(primary().task_definition, "web:2");
  EXPECT_GT(ever_of("web:2").size(), tried);
  crash_all_of("web:2", minutes(1));
  rest();
  EXPECT_EQ(primary().task_definition, "web:1") << "and fails again";

  ask("web:3");
  rest();
  shell.advance(minutes(1));
  rest();
  EXPECT_EQ(primary().task_definition, "web:3");
  EXPECT_EQ(primary().rollout_state, RolloutState::completed);
  EXPECT_EQ(stalled(), nullptr);
}

TEST_F(Breaker, to_ask_for_what_runs_again_needs_no_rollout) {
  given_good(2);
  ask("web:2");
  crash_all_of("web:2", minutes(1));
  rest();
  const std::string set = primary().task_set;
  ask("web:1");
  rest();
  EXPECT_EQ(primary().task_set, set);
  EXPECT_EQ(stalled(), nullptr);
}

TEST_F(Breaker, without_rollback_nothing_more_is_started) {
  given_good(2, false);
  ask("web:2");
  crash_all_of("web:2", minutes(2));
  EXPECT_EQ(primary().task_definition, "web:2");
  EXPECT_EQ(primary().rollout_state, RolloutState::failed);
  EXPECT_EQ(primary().rollout_state_reason, "ECS deployment circuit breaker: task failed to start.");
  ASSERT_NE(stalled(), nullptr);
  EXPECT_EQ(stalled()->reason, "DeploymentFailed");
  const std::size_t tried = ever_of("web:2").size();
  EXPECT_LE(tried, 6U);
  ASSERT_THAT(live_of("web:1"), SizeIs(2)) << "what serves goes on";
  hosts.crash(live_of("web:1")[0]->metadata.name);
  rest();
  EXPECT_THAT(live_of("web:1"), SizeIs(2)) << "and is kept up";
  shell.advance(minutes(30));
  rest();
  EXPECT_EQ(ever_of("web:2").size(), tried);
}

TEST_F(Breaker, a_failed_deployment_says_why_and_ends_when_another_is_asked_for) {
  given_good(2, false);
  ask("web:2");
  crash_all_of("web:2", minutes(2));
  const auto all = messages();
  const auto failures =
      std::ranges::count_if(all, [](const auto& each) { return each.find("deployment failed") != std::string::npos; });
  EXPECT_EQ(failures, 1) << "it is said once";
  const std::string told = stalled()->message;
  EXPECT_THAT(told, HasSubstr("; task web-"));
  EXPECT_THAT(told, HasSubstr("another definition or a restart is tried again."));
  for (const auto& task : ever_of("web:2")) world.remove<Task>(task->metadata.name);
  rest();
  EXPECT_EQ(stalled()->message, told) << "although nobody remembers those tasks";

  ask("web:3");
  rest();
  shell.advance(minutes(2));
  rest();
  EXPECT_EQ(primary().task_definition, "web:3");
  EXPECT_EQ(primary().rollout_state, RolloutState::completed);
  EXPECT_EQ(stalled(), nullptr);
  EXPECT_THAT(service()->status.deployments, SizeIs(1)) << "what was given up does not stay";
}

TEST_F(Breaker, a_daemons_instances_fail_each_for_itself) {
  for (int i = 4; i < 12; ++i) hosts.add(str("i-", i));
  given(a_service("web").definition("web:1").daemon());
  change([](ServiceSpec& spec) {
    spec.deployment_configuration.deployment_circuit_breaker.enable = true;
    spec.deployment_configuration.deployment_circuit_breaker.rollback = true;
    spec.deployment_configuration.minimum_healthy_percent = 0;
  });
  rest();
  shell.advance(minutes(5));
  ASSERT_EQ(live_of("web:1").size(), 12U);
  ask("web:2");
  crash_all_of("web:2", seconds(20));
  rest();
  shell.advance(minutes(2));
  rest();
  // Of 12 tasks half may fail: one each on as many instances, not six on one.
  EXPECT_EQ(primary().task_definition, "web:1");
  EXPECT_LE(ever_of("web:2").size(), 24U);
  EXPECT_EQ(live_of("web:1").size(), 12U);
  ASSERT_NE(stalled(), nullptr);
  EXPECT_EQ(stalled()->reason, "RolledBack");
}

TEST_F(Breaker, a_first_deployment_has_nothing_to_go_back_to) {
  world.add(a_service("web").definition("web:1").desired(1));
  change([&](ServiceSpec& spec) {
    spec.deployment_configuration.deployment_circuit_breaker.enable = true;
    spec.deployment_configuration.deployment_circuit_breaker.rollback = true;
  });
  crash_all_of("web:1", minutes(2));
  EXPECT_EQ(primary().rollout_state, RolloutState::failed);
  EXPECT_EQ(ever_of("web:1").size(), 3U) << "three in a row";
}

TEST_F(Breaker, one_task_that_stays_up_ends_the_row) {
  given_good(4);
  ask("web:2");
  for (int i = 0; i < 60; ++i) {
    shell.settle();
    hosts.work();
    const auto tasks = live_of("web:2");
    // All but the first of them crash.
    for (std::size_t at = 1; at < tasks.size(); ++at) {
      if (tasks[at]->status.last_status == LastStatus::running) hosts.crash(tasks[at]->metadata.name);
    }
    shell.advance(seconds(1));
  }
  EXPECT_EQ(primary().task_definition, "web:2");
  EXPECT_EQ(primary().rollout_state, RolloutState::in_progress);
}

TEST_F(Breaker, what_was_completed_is_not_given_up_later) {
  given_good(1);
  crash_all_of("web:1", minutes(10));
  EXPECT_EQ(primary().rollout_state, RolloutState::completed);
}

TEST_F(Breaker, failing_health_checks_count) {
  world.edit<TaskDefinitionRevision>("web:2", [](TaskDefinitionRevision& r) {
    HealthCheck check;
    check.command = {"CMD", "true"};
    r.spec.container_definitions.front().health_check = check;
  });
  given_good(2);
  ask("web:2");
  for (int i = 0; i < 600 && primary().task_definition != "web:1"; ++i) {
    shell.settle();
    hosts.work();
    for (const auto& task : live_of("web:2")) {
      if (task->status.last_status != LastStatus::running) continue;
      world.edit<Task>(task->metadata.name, [](Task& t) { t.status.health_status = HealthStatus::unhealthy; });
    }
    shell.advance(seconds(1));
  }
  EXPECT_EQ(primary().task_definition, "web:1");
  rest();
  EXPECT_THAT(live_of("web:1"), SizeIs(2));
  EXPECT_LE(ever_of("web:2").size(), 8U);
}

}  // namespace
}  // namespace muster::service
