// Rollouts: what starts one, how it goes, what it leaves behind, and what is told about it.
#include "controllers/service/plan.h"

#include "tests/controllers/service/replicas.h"

namespace muster {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

TEST_F(Replicas, counts_and_placement_are_no_new_deployment) {
  given(a_service("web").definition("web:1").desired(2));
  change([](ServiceSpec& s) {
    s.deployment_configuration.maximum_percent = 150;
    s.placement_strategy.push_back(PlacementStrategy{StrategyType::binpack, "memory"});
    s.placement_constraints.push_back(PlacementConstraint{ConstraintType::member_of, "attribute:x == y"});
  });
  rest();
  ASSERT_EQ(world.all<TaskSet>().size(), 1U);
  EXPECT_EQ(world.all<TaskSet>()[0]->spec.placement_strategy, service()->spec.placement_strategy);
  EXPECT_EQ(world.all<TaskSet>()[0]->spec.placement_constraints, service()->spec.placement_constraints);
  EXPECT_EQ(world.all<Task>().size(), 2U) << "nothing was restarted";
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
}

TEST_F(Replicas, follow_the_newest_revision) {
  given(a_service("web").desired(2));
  EXPECT_EQ(live_of("web:3").size(), 2U);
  world.add(a_revision("web", 4));
  rest();
  EXPECT_EQ(live_of("web:4").size(), 2U);
  EXPECT_EQ(live().size(), 2U);
  ASSERT_EQ(service()->status.deployments.size(), 1U);
  EXPECT_EQ(service()->status.deployments[0].task_definition, "web:4");
}

TEST_F(Replicas, four_at_fifty_to_hundred_percent_go_two_by_two) {
  given(a_service("web").definition("web:1").desired(4).percent(50, 100));
  change([](ServiceSpec& s) { s.task_definition = "web:2"; });
  shell.settle();
  EXPECT_EQ(live_of("web:1").size(), 2U) << "two stop first";
  EXPECT_EQ(live_of("web:2").size(), 0U) << "stopping tasks hold their place";
  hosts.work();
  shell.settle();
  EXPECT_EQ(live_of("web:2").size(), 2U);
  EXPECT_EQ(live_of("web:1").size(), 2U);
  hosts.work();
  shell.settle();
  EXPECT_EQ(live_of("web:1").size(), 0U);
  rest();
  EXPECT_EQ(live_of("web:2").size(), 4U);
}

TEST_F(Replicas, four_at_hundred_to_two_hundred_percent_start_first) {
  given(a_service("web").definition("web:1").desired(4));
  change([](ServiceSpec& s) { s.task_definition = "web:2"; });
  shell.settle();
  EXPECT_EQ(live_of("web:1").size(), 4U);
  EXPECT_EQ(live_of("web:2").size(), 4U);
  ASSERT_EQ(service()->status.deployments.size(), 2U);
  EXPECT_EQ(service()->status.deployments[0].status, DeploymentStatus::primary);
  EXPECT_EQ(service()->status.deployments[1].status, DeploymentStatus::active);
  hosts.work();
  shell.settle();
  EXPECT_EQ(live_of("web:1").size(), 0U);
  rest();
  EXPECT_EQ(service()->status.deployments.size(), 1U);
  EXPECT_EQ(service()->status.deployments[0].rollout_state, RolloutState::completed);
}

struct Deadlock {
  const char* name;
  std::int32_t desired, minimum, maximum;
};
class Deadlocks : public Replicas, public ::testing::WithParamInterface<Deadlock> {};

TEST_P(Deadlocks, are_told_and_end_with_a_better_configuration) {
  given(
      a_service("web").definition("web:1").desired(GetParam().desired).percent(GetParam().minimum, GetParam().maximum));
  change([](ServiceSpec& s) { s.task_definition = "web:2"; });
  rest();
  EXPECT_EQ(live_of("web:1").size(), static_cast<std::size_t>(GetParam().desired));
  const Condition* stalled = find_condition(service()->status.conditions, "Stalled");
  ASSERT_NE(stalled, nullptr);
  EXPECT_THAT(stalled->message, HasSubstr("was unable to stop or start tasks during a deployment"));
  EXPECT_EQ(
      std::count_if(world.notes.begin(), world.notes.end(), [](const Note& n) { return n.type == NoteType::warning; }),
      1);
  change([](ServiceSpec& s) { s.deployment_configuration.maximum_percent = 200; });
  rest();
  EXPECT_EQ(live_of("web:2").size(), static_cast<std::size_t>(GetParam().desired));
  EXPECT_EQ(find_condition(service()->status.conditions, "Stalled"), nullptr);
}
INSTANTIATE_TEST_SUITE_P(Table, Deadlocks,
                         ::testing::Values(Deadlock{"one", 1, 100, 100}, Deadlock{"two", 2, 75, 100},
                                           Deadlock{"three", 3, 100, 125}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(Replicas, a_broken_revision_takes_no_healthy_task_away) {
  given(a_service("web").definition("web:1").desired(4).percent(75, 100));
  change([](ServiceSpec& s) { s.task_definition = "web:2"; });
  for (int i = 0; i < 30; ++i) {
    shell.settle();
    for (const auto& task : world.all<Task>()) {
      if (is_stopped(*task)) continue;
      if (wants_stop(*task)) {
        hosts.stopped(task->metadata.name);
      } else if (task->spec.task_definition == "web:2") {
        hosts.crash(task->metadata.name, "CannotPullContainerError: no such image");
      }
    }
    shell.advance(seconds(2));
    EXPECT_GE(live_of("web:1").size(), 3U);
  }
  EXPECT_THAT(find_condition(service()->status.conditions, "Reconciling")->message,
              HasSubstr("CannotPullContainerError"));
  EXPECT_GT(service()->status.deployments[0].failed_tasks, 3);
  change([](ServiceSpec& s) { s.task_definition = "web:3"; });
  rest();
  EXPECT_EQ(live_of("web:3").size(), 4U);
  EXPECT_EQ(live().size(), 4U);
}

TEST_F(Replicas, a_crashed_old_task_is_replaced_by_the_same_revision_while_it_is_needed) {
  given(a_service("web").definition("web:1").desired(4));
  change([](ServiceSpec& s) { s.task_definition = "web:2"; });
  shell.settle();
  hosts.crash(live_of("web:1")[0]->metadata.name);
  shell.settle();
  EXPECT_EQ(live_of("web:1").size(), 4U);
  EXPECT_EQ(live_of("web:2").size(), 4U);
  rest();
  EXPECT_EQ(live_of("web:1").size(), 0U);
  EXPECT_EQ(live_of("web:2").size(), 4U);
}

TEST_F(Replicas, an_unplaceable_old_task_makes_room_for_its_fix) {
  world.add(a_service("web").definition("web:1").desired(1).percent(100, 100));
  shell.settle();
  change([](ServiceSpec& s) { s.task_definition = "web:2"; });
  rest();
  EXPECT_EQ(live_of("web:2").size(), 1U);
  EXPECT_EQ(live_of("web:1").size(), 0U);
}

TEST_F(Replicas, a_new_rollout_supersedes_a_running_one) {
  given(a_service("web").definition("web:1").desired(4));
  change([](ServiceSpec& s) { s.task_definition = "web:2"; });
  shell.settle();
  change([](ServiceSpec& s) { s.task_definition = "web:3"; });
  shell.settle();
  EXPECT_EQ(world.all<TaskSet>().size(), 3U);
  rest();
  EXPECT_EQ(live_of("web:3").size(), 4U);
  EXPECT_EQ(live().size(), 4U);
  EXPECT_EQ(service()->status.deployments.size(), 1U);
}

TEST_F(Replicas, an_undo_is_a_deployment_of_its_own) {
  given(a_service("web").definition("web:1").desired(2));
  const std::string first = service()->status.deployments[0].id;
  change([](ServiceSpec& s) { s.task_definition = "web:2"; });
  rest();
  change([](ServiceSpec& s) { s.task_definition = "web:1"; });
  rest();
  EXPECT_EQ(live_of("web:1").size(), 2U);
  EXPECT_NE(service()->status.deployments[0].id, first);
  EXPECT_EQ(world.all<TaskSet>().size(), 3U);
}

TEST_F(Replicas, a_restart_replaces_all_tasks_by_the_same_revision) {
  given(a_service("web").definition("web:1").desired(2));
  const auto before = live();
  world.edit<Service>("web",
                      [](Service& s) { s.metadata.annotations["muster.dev/restartedAt"] = "2026-01-01T00:00:00Z"; });
  rest();
  EXPECT_EQ(live_of("web:1").size(), 2U);
  for (const auto& task : before) EXPECT_TRUE(is_stopped(*world.get<Task>(task->metadata.name)));
}

TEST_F(Replicas, ten_inactive_sets_are_kept_as_history) {
  given(a_service("web").definition("web:1").desired(1));
  for (int i = 0; i < 15; ++i) {
    change([i](ServiceSpec& s) { s.task_definition = str("web:", 1 + (i + 1) % 2); });
    rest();
  }
  std::size_t inactive = 0;
  for (const auto& set : world.all<TaskSet>()) inactive += set->status.status == DeploymentStatus::inactive ? 1 : 0;
  EXPECT_EQ(inactive, 10U);
  EXPECT_EQ(world.all<TaskSet>().size(), 11U);
}

TEST_F(Replicas, lost_tasks_of_a_replaced_deployment_are_told_to_stop) {
  given(a_service("web").definition("web:1").desired(4));
  hosts.lose("i-0");
  change([](ServiceSpec& s) { s.task_definition = "web:2"; });
  rest();
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
  EXPECT_EQ(service()->status.deployments.size(), 1U);
  hosts.come_back("i-0");
  rest();
  EXPECT_EQ(live().size(), 4U);
  EXPECT_EQ(live_of("web:2").size(), 4U);
}

TEST_F(Replicas, the_first_reason_why_a_task_is_not_placed_is_told) {
  world.add(a_service("web").desired(1));
  shell.settle();
  world.edit<Task>(live()[0]->metadata.name, [](Task& t) {
    Condition placed;
    placed.type = "Placed";
    placed.status = "False";
    placed.message = "0/4 instances: 4 insufficient memory";
    t.status.conditions.push_back(placed);
  });
  shell.settle();
  EXPECT_THAT(find_condition(service()->status.conditions, "Reconciling")->message,
              HasSubstr("0/4 instances: 4 insufficient memory"));
}

TEST_F(Replicas, many_counts_are_reported_in_intervals) {
  world.add(a_service("web").desired(500));
  shell.settle();
  int reports = 0;
  shell.on_plan = [&](const Controller&, const Key&, const Plan& plan) {
    for (const Action& action : plan.actions) reports += std::holds_alternative<UpdateStatus>(action) ? 1 : 0;
  };
  for (const auto& task : live()) {
    hosts.place(*task, "i-0");
    hosts.start(task->metadata.name);
    world.now += milliseconds(1);
    shell.settle();
  }
  shell.advance(seconds(1));
  EXPECT_EQ(service()->status.running_count, 500);
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
  EXPECT_LT(reports, 20);
}

}  // namespace
}  // namespace muster
