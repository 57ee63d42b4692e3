// dependsOn and links: who waits for whom on the way up, and the other way round on the way down.
#include "controllers/task/dependencies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/controllers/task/world.h"

namespace muster::task::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ContainerDefinition checked(ContainerDefinition definition) {
  definition.health_check = HealthCheck{{"CMD", "true"}, 30, 5, 3, 0};
  return definition;
}

TEST(Dependencies, start_creates_behind_created_and_starts_behind_started) {
  World world(task_of({depends(container("web"), "app", DependencyCondition::start), container("app")}));
  EXPECT_THAT(world.settle(),
              ElementsAre("pull web", "pull app", "create app", "create web", "start app", "start web"));
}

TEST(Dependencies, complete_waits_for_the_end_with_any_code) {
  World world(task_of({depends(container("app"), "init", DependencyCondition::complete), helper("init")}));
  EXPECT_THAT(world.settle(), ElementsAre("pull app", "pull init", "create init", "start init"));
  EXPECT_EQ(world.status().last_status, LastStatus::pending);
  world.exit("init", 7);
  EXPECT_THAT(world.settle(), ElementsAre("create app", "start app"));
  EXPECT_EQ(world.status().last_status, LastStatus::running);
}

TEST(Dependencies, success_waits_for_code_zero) {
  World world(task_of({depends(container("app"), "init", DependencyCondition::success), helper("init")}));
  world.settle();
  world.exit("init", 0);
  EXPECT_THAT(world.settle(), ElementsAre("create app", "start app"));
}

TEST(Dependencies, success_fails_for_good_with_another_code) {
  World world(task_of({depends(container("app"), "init", DependencyCondition::success), helper("init")}));
  world.settle();
  world.exit("init", 1);
  EXPECT_THAT(world.settle(), IsEmpty());
  EXPECT_EQ(world.status().last_status, LastStatus::stopped);
  EXPECT_EQ(world.status().stop_code, StopCode::task_failed_to_start);
  EXPECT_EQ(world.status("app").exit_code, 143);
  EXPECT_EQ(world.status("app").reason,
            "CannotStartContainerError: dependency graph: container ordering dependency [init] for target [app] did "
            "not exit successfully.");
  EXPECT_EQ(world.status().stopped_reason, world.status("app").reason);
  EXPECT_EQ(world.creations["app"], 0);
}

TEST(Dependencies, healthy_waits_for_the_verdict_once) {
  World world(task_of({depends(container("app"), "db", DependencyCondition::healthy), checked(container("db"))}));
  EXPECT_THAT(world.settle(), ElementsAre("pull app", "pull db", "create db", "start db"));
  world.host.at("db").health = HealthStatus::healthy;
  const TaskPlan next = world.look();
  EXPECT_THAT(next.steps, ElementsAre(Step{StepKind::create, "app", {}}));
  world.begin(next.steps[0]);
  world.finish(next.steps[0]);
  world.host.at("db").health = HealthStatus::unhealthy;  // counts only on the way up
  EXPECT_THAT(world.settle(), ElementsAre("start app"));
  EXPECT_EQ(world.status().last_status, LastStatus::running);
}

TEST(Dependencies, the_start_timeout_of_the_dependency_limits_the_wait) {
  ContainerDefinition db = checked(helper("db"));
  db.start_timeout = 20;
  World world(task_of({depends(container("app"), "db", DependencyCondition::healthy), db}));
  world.settle();
  const Time started = world.status("db").started_at;
  EXPECT_EQ(world.look().wake_after, started + std::chrono::seconds(20) - world.now);
  world.now = started + std::chrono::seconds(20);
  EXPECT_THAT(world.settle(), ElementsAre("stop db"));
  EXPECT_EQ(world.status().stop_code, StopCode::task_failed_to_start);
  EXPECT_THAT(world.status("app").reason,
              HasSubstr("container ordering dependency [db] for target [app] has timed out."));
}

TEST(Dependencies, healthy_fails_when_the_dependency_stops_first) {
  World world(task_of({depends(container("app"), "db", DependencyCondition::healthy), checked(helper("db"))}));
  world.settle();
  world.exit("db", 0);
  world.settle();
  EXPECT_THAT(world.status("app").reason, HasSubstr("stopped before it was healthy."));
}

TEST(Dependencies, a_dependency_that_never_starts_takes_the_chain_with_it) {
  World world(task_of({depends(container("c"), "b", DependencyCondition::start),
                       depends(helper("b"), "a", DependencyCondition::start), helper("a")}));
  const Step pull{StepKind::pull, "a", {}};
  world.look();
  world.begin(pull);
  world.fail(pull, "CannotPullContainerError: gone");
  EXPECT_THAT(world.settle(), IsEmpty());
  EXPECT_THAT(world.status("b").reason, HasSubstr("dependency [a] for target [b] will never start."));
  EXPECT_THAT(world.status("c").reason, HasSubstr("dependency [b] for target [c] will never start."));
  EXPECT_EQ(world.status().last_status, LastStatus::stopped);
}

TEST(Dependencies, a_link_is_a_start_dependency) {
  ContainerDefinition web = container("web");
  web.links = {"app:backend"};
  World world(task_of({web, container("app")}));
  EXPECT_THAT(world.settle(),
              ElementsAre("pull web", "pull app", "create app", "create web", "start app", "start web"));
}

TEST(Dependencies, stops_go_the_other_way) {
  ContainerDefinition web = depends(container("web"), "app", DependencyCondition::start);
  web.links = {"cache"};
  World world(
      task_of({container("db"), depends(container("app"), "db", DependencyCondition::start), container("cache"), web}));
  world.settle();
  world.desired.spec.desired_status = DesiredStatus::stopped;
  EXPECT_THAT(world.settle(), ElementsAre("stop web", "stop app", "stop db", "stop cache"));
}

TEST(Dependencies, a_stop_does_not_wait_for_a_dependent_that_is_already_down) {
  World world(task_of({container("db"), depends(container("app"), "db", DependencyCondition::start)}));
  world.settle();
  world.exit("app", 0);
  EXPECT_THAT(world.settle(), ElementsAre("stop db"));
}

}  // namespace
}  // namespace muster::task::testing
