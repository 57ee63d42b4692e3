// The life of a task, step by step: what is done to its containers and what is said about it.
#include "controllers/task/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/controllers/task/world.h"

namespace muster::task::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(TaskPlan, pulls_creates_and_starts_one_container) {
  World world(task_of({container("app")}));
  EXPECT_THAT(world.settle(), ElementsAre("pull app", "create app", "start app"));
  EXPECT_EQ(world.status().last_status, LastStatus::running);
  EXPECT_EQ(world.status().started_at, world.status("app").started_at);
  EXPECT_EQ(world.status().pull_started_at, noon);
  EXPECT_EQ(world.status("app").last_status, ContainerLastStatus::running);
  EXPECT_EQ(world.status("app").image, "image-of-app");
  EXPECT_EQ(world.status("app").runtime_id, "id-app");
  EXPECT_THAT(world.settle(), IsEmpty());
}

TEST(TaskPlan, is_pending_until_every_container_has_run) {
  World world(task_of({container("app"), container("side")}));
  EXPECT_EQ(world.look().memory.status.last_status, LastStatus::pending);
  for (const char* name : {"app"}) {
    for (const StepKind kind : {StepKind::pull, StepKind::create, StepKind::start}) {
      const Step step{kind, name, {}};
      world.begin(step);
      world.finish(step);
    }
  }
  EXPECT_EQ(world.look().memory.status.last_status, LastStatus::pending);
  EXPECT_THAT(world.settle(), ElementsAre("pull side", "create side", "start side"));
  EXPECT_EQ(world.status().last_status, LastStatus::running);
}

TEST(TaskPlan, an_essential_container_that_exits_ends_the_task) {
  World world(task_of({container("app"), helper("side")}));
  world.settle();
  world.now += std::chrono::seconds(5);
  world.exit("app", 3);
  world.look();
  EXPECT_EQ(world.status().last_status, LastStatus::stopping);
  EXPECT_THAT(world.settle(), ElementsAre("stop side"));
  EXPECT_EQ(world.status().last_status, LastStatus::stopped);
  EXPECT_EQ(world.status().stop_code, StopCode::essential_container_exited);
  EXPECT_EQ(world.status().stopped_reason, "Essential container in task exited");
  EXPECT_EQ(world.status("app").exit_code, 3);
  EXPECT_EQ(world.status("side").exit_code, 143);
  EXPECT_EQ(world.status().execution_stopped_at, world.status("app").finished_at);
}

// ECS: restartPolicy.
ContainerDefinition restarting(const std::string& name) {
  ContainerDefinition definition = container(name);
  definition.restart_policy = RestartPolicy{true, {42}, 60};
  return definition;
}

TEST(TaskPlan, readiness_is_that_of_the_present_run) {
  ContainerDefinition ready = restarting("app");
  ready.readiness_check = HealthCheck{};
  World world(task_of({ready, helper("side")}));
  world.settle();
  EXPECT_EQ(world.status().readiness_status, ReadinessStatus::unknown);
  world.host["app"].readiness = ReadinessStatus::not_ready;
  EXPECT_THAT(world.settle(), IsEmpty());
  EXPECT_EQ(world.status().readiness_status, ReadinessStatus::not_ready);
  EXPECT_EQ(world.status().last_status, LastStatus::running);
  world.host["app"].readiness = ReadinessStatus::ready;
  world.settle();
  EXPECT_EQ(world.status("app").readiness_status, ReadinessStatus::ready);
  EXPECT_EQ(world.status().readiness_status, ReadinessStatus::ready);
  world.now += std::chrono::seconds(10);
  world.exit("app", 1);
  world.settle();
  EXPECT_EQ(world.status().readiness_status, ReadinessStatus::not_ready);
}

TEST(TaskPlan, a_restart_policy_starts_the_container_again) {
  World world(task_of({restarting("app"), helper("side")}));
  world.settle();
  for (int restarts = 1; restarts <= 3; ++restarts) {
    world.now += std::chrono::seconds(60);
    world.exit("app", 1);
    EXPECT_THAT(world.settle(), ElementsAre("start app"));
    EXPECT_EQ(world.status().last_status, LastStatus::running);
    EXPECT_EQ(world.status("app").last_status, ContainerLastStatus::running);
    EXPECT_EQ(world.status("app").restart_count, restarts);
    EXPECT_EQ(world.status("app").started_at, world.now);
    EXPECT_EQ(world.status("app").exit_code, std::nullopt);
  }
  EXPECT_EQ(world.creations["app"], 1);
}

TEST(TaskPlan, a_restart_policy_has_its_ends) {
  // Too early, an exit code that is ignored, and a policy that is off.
  for (const auto& [after, code, enabled] : {std::tuple{59, 1, true}, {60, 42, true}, {60, 1, false}}) {
    ContainerDefinition definition = restarting("app");
    definition.restart_policy->enabled = enabled;
    World world(task_of({definition}));
    world.settle();
    world.now += std::chrono::seconds(after);
    world.exit("app", code);
    EXPECT_THAT(world.settle(), IsEmpty());
    EXPECT_EQ(world.status().last_status, LastStatus::stopped);
    EXPECT_EQ(world.status("app").exit_code, code);
    EXPECT_EQ(world.status("app").restart_count, 0);
  }
}

TEST(TaskPlan, nothing_is_restarted_in_a_task_that_goes_down) {
  {
    World world(task_of({restarting("app")}));
    world.settle();
    world.desired.spec.desired_status = DesiredStatus::stopped;
    world.now += std::chrono::seconds(90);
    world.exit("app", 1);
    EXPECT_THAT(world.settle(), IsEmpty());
    EXPECT_EQ(world.status().last_status, LastStatus::stopped);
    EXPECT_EQ(world.status("app").exit_code, 1);
  }
  {  // Both at one look: the one that ends the task, and the one that would have come again.
    World world(task_of({container("app"), restarting("side")}));
    world.settle();
    world.now += std::chrono::seconds(90);
    world.exit("side", 3);
    world.exit("app", 1);
    EXPECT_THAT(world.settle(), IsEmpty());
    EXPECT_EQ(world.status().last_status, LastStatus::stopped);
    EXPECT_EQ(world.status("side").exit_code, 3);
  }
  {  // The restart is on its way when the task is asked to stop.
    World world(task_of({restarting("app")}));
    world.settle();
    world.now += std::chrono::seconds(90);
    world.exit("app", 3);
    const TaskPlan next = world.look();
    ASSERT_EQ(next.steps.size(), 1U);
    world.begin(next.steps[0]);
    world.desired.spec.desired_status = DesiredStatus::stopped;
    EXPECT_THAT(world.look().steps, IsEmpty());
    EXPECT_LT(world.status().last_status, LastStatus::stopped);
    world.finish(next.steps[0]);
    EXPECT_THAT(world.settle(), ElementsAre("stop app"));
    EXPECT_EQ(world.status().last_status, LastStatus::stopped);
    EXPECT_EQ(world.status("app").exit_code, 143);
  }
}

TEST(TaskPlan, a_restart_that_fails_ends_the_container) {
  World world(task_of({restarting("app")}));
  world.settle();
  world.now += std::chrono::seconds(90);
  world.exit("app", 3);
  const TaskPlan next = world.look();
  ASSERT_EQ(next.steps.size(), 1U);
  world.begin(next.steps[0]);
  world.fail(next.steps[0], "CannotStartContainerError: the port is taken");
  EXPECT_THAT(world.settle(), IsEmpty());
  EXPECT_EQ(world.status().last_status, LastStatus::stopped);
  EXPECT_THAT(world.status("app").reason, HasSubstr("the port is taken"));
}

TEST(TaskPlan, a_container_that_is_not_essential_may_exit) {
  World world(task_of({container("app"), helper("side")}));
  world.settle();
  world.exit("side", 1);
  EXPECT_THAT(world.settle(), IsEmpty());
  EXPECT_EQ(world.status().last_status, LastStatus::running);
  EXPECT_EQ(world.status("side").last_status, ContainerLastStatus::stopped);
}

TEST(TaskPlan, a_container_that_exits_at_once_has_been_running) {
  World world(task_of({container("app")}));
  world.look();
  for (const StepKind kind : {StepKind::pull, StepKind::create, StepKind::start}) {
    const Step step{kind, "app", {}};
    world.begin(step);
    world.finish(step);
  }
  world.exit("app", 127);
  world.settle();
  EXPECT_EQ(world.status().stop_code, StopCode::essential_container_exited);
  EXPECT_TRUE(is_set(world.status().started_at));
  EXPECT_EQ(world.starts["app"], 1);
}

TEST(TaskPlan, an_exit_before_the_others_are_up_is_a_failure_to_start) {
  World world(task_of({container("app"), depends(container("web"), "app", DependencyCondition::start)}));
  world.look();
  for (const StepKind kind : {StepKind::pull, StepKind::create, StepKind::start}) {
    const Step step{kind, "app", {}};
    world.begin(step);
    world.finish(step);
  }
  world.exit("app", 9);
  EXPECT_THAT(world.settle(), IsEmpty());
  EXPECT_EQ(world.status().last_status, LastStatus::stopped);
  EXPECT_EQ(world.status().stop_code, StopCode::task_failed_to_start);
  EXPECT_EQ(world.status().stopped_reason, "Task failed to start: essential container app exited with code 9");
  EXPECT_FALSE(is_set(world.status().started_at));
}

TEST(TaskPlan, a_failed_pull_is_a_failure_to_start_with_its_reason) {
  World world(task_of({container("app")}));
  const Step pull = world.look().steps.at(0);
  world.begin(pull);
  world.fail(pull, "CannotPullContainerError: no such image");
  EXPECT_THAT(world.settle(), IsEmpty());
  EXPECT_EQ(world.status().last_status, LastStatus::stopped);
  EXPECT_EQ(world.status().stop_code, StopCode::task_failed_to_start);
  EXPECT_EQ(world.status().stopped_reason, "CannotPullContainerError: no such image");
  EXPECT_EQ(world.status("app").reason, "CannotPullContainerError: no such image");
  EXPECT_FALSE(world.status("app").exit_code.has_value());
}

TEST(TaskPlan, a_failed_start_is_not_tried_again) {
  World world(task_of({container("app")}));
  for (const StepKind kind : {StepKind::pull, StepKind::create}) {
    const Step step{kind, "app", {}};
    world.begin(step);
    world.finish(step);
  }
  const Step start = world.look().steps.at(0);
  world.begin(start);
  world.fail(start, "CannotStartContainerError: port is already allocated");
  EXPECT_THAT(world.settle(), ElementsAre("remove app"));
  EXPECT_EQ(world.status().last_status, LastStatus::stopped);
  EXPECT_EQ(world.status().stop_code, StopCode::task_failed_to_start);
}

TEST(TaskPlan, what_has_run_is_not_started_again_even_if_it_looks_new) {
  World world(task_of({container("app")}));
  world.settle();
  world.host.at("app").phase = Phase::created;
  EXPECT_THAT(world.settle(), IsEmpty());
}

TEST(TaskPlan, memory_use_beyond_the_limit_is_named) {
  World world(task_of({container("app")}));
  world.settle();
  world.exit("app", 137);
  world.host.at("app").out_of_memory = true;
  world.settle();
  EXPECT_EQ(world.status("app").reason, "OutOfMemoryError: Container killed due to memory usage");
}

TEST(TaskPlan, a_container_removed_from_outside_has_vanished_and_is_not_made_again) {
  World world(task_of({container("app")}));
  world.settle();
  world.host.clear();
  EXPECT_THAT(world.settle(), IsEmpty());
  EXPECT_EQ(world.status().last_status, LastStatus::stopped);
  EXPECT_THAT(world.status("app").reason, HasSubstr("ContainerVanishedError"));
  EXPECT_EQ(world.status().stop_code, StopCode::essential_container_exited);
}

TEST(TaskPlan, what_the_server_says_has_run_is_not_started_by_an_agent_that_forgot) {
  DesiredTask desired = task_of({container("app")});
  TaskStatus server;
  server.last_status = LastStatus::running;
  server.started_at = noon;
  server.containers.resize(1);
  server.containers[0].name = "app";
  server.containers[0].last_status = ContainerLastStatus::running;
  World world(desired);
  world.memory = first_memory(server);
  EXPECT_THAT(world.settle(), IsEmpty());
  EXPECT_EQ(world.status().last_status, LastStatus::stopped);
  EXPECT_THAT(world.status("app").reason, HasSubstr("ContainerVanishedError"));
}

TEST(TaskPlan, a_container_found_after_a_restart_is_adopted) {
  for (const Phase phase : {Phase::created, Phase::running, Phase::exited}) {
    World world(task_of({container("app")}));
    ObservedContainer& found = world.host["app"];
    found.name = "app";
    found.phase = phase;
    if (phase != Phase::created) found.started_at = noon;
    if (phase == Phase::exited) found.exit_code = 0;
    const std::vector<std::string> steps = world.settle();
    if (phase == Phase::created) {
      EXPECT_THAT(steps, ElementsAre("start app"));
    } else {
      EXPECT_THAT(steps, IsEmpty());
    }
    EXPECT_EQ(world.status().last_status, phase == Phase::exited ? LastStatus::stopped : LastStatus::running);
  }
}

TEST(TaskPlan, a_wanted_stop_gives_each_container_its_time) {
  ContainerDefinition slow = container("slow");
  slow.stop_timeout = 90;
  World world(task_of({container("app"), slow}));
  world.settle();
  world.desired.spec.desired_status = DesiredStatus::stopped;
  world.desired.spec.stop_code = StopCode::service_scheduler_initiated;
  world.desired.spec.stopped_reason = "Scaling activity initiated by (deployment x)";
  const TaskPlan next = world.look();
  EXPECT_THAT(next.steps, ElementsAre(Step{StepKind::stop, "app", std::chrono::seconds(30)},
                                      Step{StepKind::stop, "slow", std::chrono::seconds(90)}));
  EXPECT_EQ(next.memory.status.last_status, LastStatus::stopping);
  world.settle();
  EXPECT_EQ(world.status().last_status, LastStatus::stopped);
  EXPECT_EQ(world.status().stop_code, StopCode::service_scheduler_initiated);
  EXPECT_EQ(world.status().stopped_reason, "Scaling activity initiated by (deployment x)");
  EXPECT_TRUE(is_set(world.status().stopping_at) && is_set(world.status().stopped_at));
}

TEST(TaskPlan, a_task_stopped_before_anything_was_made_is_stopped_at_once) {
  World world(task_of({container("app")}));
  world.desired.spec.desired_status = DesiredStatus::stopped;
  EXPECT_THAT(world.settle(), IsEmpty());
  EXPECT_EQ(world.status().last_status, LastStatus::stopped);
  EXPECT_EQ(world.status().stop_code, StopCode::user_initiated);
  EXPECT_EQ(world.status().stopped_reason, "Task stopped by user");
}

TEST(TaskPlan, a_stop_does_not_wait_for_a_pull_but_for_a_create_under_way) {
  World world(task_of({container("app")}));
  world.begin(Step{StepKind::pull, "app", {}});
  world.desired.spec.desired_status = DesiredStatus::stopped;
  EXPECT_EQ(world.look().memory.status.last_status, LastStatus::stopped);

  World other(task_of({container("app")}));
  const Step create{StepKind::create, "app", {}};
  other.begin(create);
  other.desired.spec.desired_status = DesiredStatus::stopped;
  EXPECT_EQ(other.look().memory.status.last_status, LastStatus::stopping);
  other.finish(create);
  EXPECT_THAT(other.settle(), ElementsAre("remove app"));
  EXPECT_EQ(other.status().last_status, LastStatus::stopped);
}

TEST(TaskPlan, a_container_that_was_made_and_not_started_is_removed_before_the_task_is_stopped) {
  World world(task_of({container("app")}));
  world.host["app"].name = "app";  // found so: an agent before this one may have asked for its start
  world.host["app"].phase = Phase::created;
  world.desired.spec.desired_status = DesiredStatus::stopped;
  const TaskPlan next = world.look();
  EXPECT_THAT(next.steps, ElementsAre(Step{StepKind::remove, "app", {}}));
  EXPECT_EQ(next.memory.status.last_status, LastStatus::stopping);
  world.begin(next.steps[0]);
  EXPECT_EQ(world.look().memory.status.last_status, LastStatus::stopping);
  world.host.at("app").under_way.reset();  // the start came first, and the removal was refused
  world.host.at("app").phase = Phase::running;
  world.host.at("app").started_at = world.now;
  EXPECT_THAT(world.settle(), ElementsAre("stop app"));
  EXPECT_EQ(world.status().last_status, LastStatus::stopped);
}

TEST(TaskPlan, a_container_that_comes_up_after_it_was_given_up_is_stopped_again) {
  World world(task_of({container("app")}));
  for (const StepKind kind : {StepKind::pull, StepKind::create}) {
    world.begin(Step{kind, "app", {}});
    world.finish(Step{kind, "app", {}});
  }
  const Step start{StepKind::start, "app", {}};
  world.begin(start);
  world.fail(start, "DockerTimeoutError: no answer");
  world.look();
  EXPECT_EQ(world.status().last_status, LastStatus::stopping);
  world.host.at("app").phase = Phase::running;
  world.host.at("app").started_at = world.now;
  EXPECT_THAT(world.settle(), ElementsAre("stop app"));
  EXPECT_EQ(world.status().last_status, LastStatus::stopped);
}

TEST(TaskPlan, a_stop_that_fails_is_tried_again_later) {
  World world(task_of({container("app")}));
  world.settle();
  world.desired.spec.desired_status = DesiredStatus::stopped;
  const Step stop = world.look().steps.at(0);
  world.begin(stop);
  world.fail(stop, "CannotStopContainerError: busy");
  TaskPlan next = world.look();
  EXPECT_THAT(next.steps, IsEmpty());
  EXPECT_EQ(next.wake_after, Duration(std::chrono::seconds(1)));
  EXPECT_EQ(next.memory.status.last_status, LastStatus::stopping);
  world.now += std::chrono::seconds(1);
  EXPECT_THAT(world.settle(), ElementsAre("stop app"));
}

TEST(TaskPlan, a_removed_task_is_stopped_removed_and_gone) {
  World world(task_of({container("app"), helper("side")}));
  world.settle();
  world.desired.remains = Remains::remove;
  EXPECT_FALSE(world.look().gone);
  EXPECT_THAT(world.settle(), ElementsAre("stop app", "stop side", "remove app", "remove side"));
  EXPECT_TRUE(world.look().gone);
}

TEST(TaskPlan, without_a_definition_nothing_starts_but_an_end_works) {
  World world(task_of({container("app")}));
  world.settle();
  World orphan(world.desired);
  orphan.desired.definition = nullptr;
  orphan.host = world.host;
  EXPECT_THAT(orphan.settle(), IsEmpty());
  EXPECT_EQ(orphan.status().last_status, LastStatus::provisioning);
  orphan.desired.remains = Remains::remove;
  EXPECT_THAT(orphan.settle(), ElementsAre("stop app", "remove app"));
  EXPECT_TRUE(orphan.look().gone);
}

struct HealthRow {
  const char* name;
  HealthStatus app, side;
  HealthStatus expected;
};
class TaskHealth : public ::testing::TestWithParam<HealthRow> {};

TEST_P(TaskHealth, counts_essential_containers_with_a_check) {
  ContainerDefinition app = container("app");
  ContainerDefinition side = container("side");
  ContainerDefinition extra = helper("extra");
  app.health_check = side.health_check = extra.health_check = HealthCheck{{"CMD", "true"}, 30, 5, 3, 0};
  World world(task_of({app, side, extra, container("unchecked")}));
  world.settle();
  world.host.at("app").health = GetParam().app;
  world.host.at("side").health = GetParam().side;
  world.host.at("extra").health = HealthStatus::unhealthy;
  world.look();
  EXPECT_EQ(world.status().health_status, GetParam().expected);
  EXPECT_EQ(world.status("extra").health_status, HealthStatus::unhealthy);
}

constexpr HealthStatus good = HealthStatus::healthy, bad = HealthStatus::unhealthy, open = HealthStatus::unknown;
INSTANTIATE_TEST_SUITE_P(all, TaskHealth,
                         ::testing::Values(HealthRow{"both_good", good, good, good},
                                           HealthRow{"one_bad", good, bad, bad}, HealthRow{"bad_wins", open, bad, bad},
                                           HealthRow{"one_open", good, open, open},
                                           HealthRow{"both_open", open, open, open}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(TaskPlan, without_any_check_health_is_unknown) {
  World world(task_of({container("app")}));
  world.settle();
  world.host.at("app").health = HealthStatus::healthy;  // an image's own check does not count
  world.look();
  EXPECT_EQ(world.status().health_status, HealthStatus::unknown);
}

TEST(TaskPlan, host_networking_reports_the_containers_own_ports) {
  ContainerDefinition app = container("app");
  app.port_mappings = {PortMapping{8080, 0, Protocol::tcp, {}, {}}};
  DesiredTask desired = task_of({app});
  auto definition = std::make_shared<TaskDefinitionSpec>(*desired.definition);
  definition->network_mode = NetworkMode::host;
  desired.definition = definition;
  World world(desired);
  world.settle();
  EXPECT_THAT(world.status("app").network_bindings, ElementsAre(NetworkBinding{"0.0.0.0", 8080, 8080, Protocol::tcp}));
}

}  // namespace
}  // namespace muster::task::testing
