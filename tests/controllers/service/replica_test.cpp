// A service's tasks: made, replaced after failures, scaled, as ecs.md section 3 says.
#include "controllers/service/replica.h"

#include "tests/controllers/service/replicas.h"

namespace muster {
namespace {

using namespace testing;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(Replicas, carry_the_labels_of_the_service) {
  given(a_service("web").desired(1).label("app", "shop").label("muster.dev/service", "forged"));
  EXPECT_EQ(live()[0]->metadata.labels.at("app"), "shop");
  EXPECT_EQ(live()[0]->metadata.labels.at("muster.dev/service"), "web");
}

TEST_F(Replicas, are_made_with_all_that_others_read) {
  world.add(a_service("web").definition("web:2").desired(2));
  shell.settle();
  const auto sets = world.all<TaskSet>();
  ASSERT_EQ(sets.size(), 1U);
  const TaskSet& set = *sets.front();
  EXPECT_THAT(set.metadata.name, ::testing::MatchesRegex("web-[0-9a-f]{8}"));
  EXPECT_THAT(set.spec.deployment_id, ::testing::MatchesRegex("ecs-svc/[0-9]{19}"));
  EXPECT_EQ(controller_of(set.metadata)->uid, service()->metadata.uid);
  const auto tasks = live();
  ASSERT_EQ(tasks.size(), 2U);
  for (std::size_t slot = 0; slot < 2; ++slot) {
    const Task& task = *tasks[slot];
    EXPECT_EQ(task.spec.slot, static_cast<std::int32_t>(slot));
    EXPECT_EQ(task.metadata.name, derived_name(set, std::to_string(slot), 0));
    EXPECT_EQ(task.spec.task_definition, "web:2");
    EXPECT_EQ(task.spec.group, "service:web");
    EXPECT_EQ(task.spec.started_by, set.spec.deployment_id);
    EXPECT_EQ(task.spec.cluster, "default");
    EXPECT_EQ(task.metadata.labels.find("muster.dev/service")->second, "web");
    EXPECT_EQ(task.metadata.labels.find("muster.dev/task-set")->second, set.metadata.name);
    ASSERT_NE(controller_of(task.metadata), nullptr);
    EXPECT_EQ(controller_of(task.metadata)->uid, set.metadata.uid);
    EXPECT_EQ(controller_of(task.metadata)->block_owner_deletion, true);
  }
  EXPECT_THAT(messages(), ::testing::Contains(HasSubstr("(service web) has started 2 tasks: (task web-")));
}

TEST_F(Replicas, reach_a_steady_state_and_then_rest) {
  given(a_service("web").desired(3));
  EXPECT_EQ(live().size(), 3U);
  EXPECT_EQ(service()->status.running_count, 3);
  EXPECT_EQ(service()->status.healthy_count, 3);
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
  EXPECT_EQ(find_condition(service()->status.conditions, "Reconciling"), nullptr);
  EXPECT_EQ(service()->status.observed_generation, service()->metadata.generation);
  EXPECT_EQ(service()->status.selector, "muster.dev/service=web");
  ASSERT_EQ(service()->status.deployments.size(), 1U);
  EXPECT_EQ(service()->status.deployments[0].rollout_state, RolloutState::completed);
  EXPECT_THAT(messages(), ::testing::Contains("(service web) has reached a steady state."));
  EXPECT_THAT(messages(), ::testing::Contains(HasSubstr(") deployment completed.")));
  shell.restart();
  const std::int64_t before = world.state.revision();
  shell.settle();
  EXPECT_EQ(world.state.revision(), before);
  EXPECT_FALSE(is_set(shell.next_timer()));
}

TEST_F(Replicas, a_crashed_task_is_replaced_in_its_slot_at_once) {
  given(a_service("web").desired(3));
  const auto victim = live()[1];
  hosts.crash(victim->metadata.name);
  shell.settle();
  const auto next = world.get<Task>(derived_name(*world.all<TaskSet>()[0], "1", 1));
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(next->spec.slot, 1);
  EXPECT_EQ(next->spec.attempt, 1);
  EXPECT_EQ(next->spec.consecutive_failures, 1);
  EXPECT_FALSE(is_true(service()->status.conditions, "Ready"));
  EXPECT_THAT(find_condition(service()->status.conditions, "Reconciling")->message,
              HasSubstr("Essential container in task exited"));
}

TEST_F(Replicas, back_off_doubles_from_a_second_to_five_minutes) {
  given(a_service("web").desired(1));
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 13; ++i) {
    ASSERT_EQ(live().size(), 1U);
    hosts.crash(live()[0]->metadata.name);
    const Time stopped = world.now;
    shell.settle();
    if (live().empty()) shell.advance(shell.next_timer() - world.now);
    waits.push_back(std::chrono::duration_cast<seconds>(world.now - stopped).count());
    rest();
  }
  EXPECT_THAT(waits, ::testing::ElementsAre(0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300));
}

TEST_F(Replicas, back_off_ends_after_sixty_seconds_running) {
  given(a_service("web").desired(1));
  for (int i = 0; i < 3; ++i) {
    hosts.crash(live()[0]->metadata.name);
    shell.advance(minutes(1));
    rest();
  }
  world.now += seconds(60);
  hosts.crash(live()[0]->metadata.name);
  shell.settle();
  ASSERT_EQ(live().size(), 1U);
  EXPECT_EQ(live()[0]->spec.consecutive_failures, 1);
}

TEST_F(Replicas, that_exit_at_once_are_never_called_steady) {
  world.add(a_service("web").desired(2));
  shell.settle();
  const auto crash_all = [&] {
    hosts.work();
    shell.settle();
    for (const auto& task : live()) {
      world.edit<Task>(task->metadata.name, [](Task& t) {
        ContainerStatus container;
        container.name = "app";
        container.exit_code = 3;
        t.status.containers = {container};
      });
      hosts.crash(task->metadata.name);
    }
    shell.settle();
  };
  for (int i = 0; i < 6; ++i) {
    crash_all();
    if (live().empty()) shell.advance(shell.next_timer() - world.now);
    for (int step = 0; step < 3; ++step) {
      hosts.work();
      shell.settle();
    }
    if (i == 0) continue;  // an accident may befall the best task
    const Condition* ready = find_condition(service()->status.conditions, "Ready");
    EXPECT_EQ(ready->status, "False") << i;
    EXPECT_EQ(ready->reason, "TasksFailing") << i;
    const Deployment& deployment = service()->status.deployments.front();
    EXPECT_EQ(deployment.rollout_state, RolloutState::in_progress) << i;
    EXPECT_EQ(deployment.failed_tasks, 2 * (i + 1));
    EXPECT_THAT(deployment.rollout_state_reason, HasSubstr("its tasks keep failing"));
  }
  crash_all();
  EXPECT_THAT(
      find_condition(service()->status.conditions, "Ready")->message,
      HasSubstr("Essential container in task exited, exit code 3 of app (7 failures in a row, next attempt at "));
  shell.advance(minutes(2));
  rest();
  EXPECT_FALSE(is_true(service()->status.conditions, "Ready")) << "both run, but for how long?";
  shell.advance(seconds(60));
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
  EXPECT_EQ(service()->status.deployments.front().rollout_state, RolloutState::completed);
}

TEST_F(Replicas, an_unhealthy_task_gives_its_place_to_one_that_finds_none) {
  world.edit<TaskDefinitionRevision>("web:3", [](TaskDefinitionRevision& r) {
    HealthCheck check;
    check.command = {"CMD", "true"};
    r.spec.container_definitions.front().health_check = check;
  });
  given(a_service("web").desired(2).percent(100, 200));
  ASSERT_EQ(live().size(), 2U);
  for (const auto& task : live()) {
    world.edit<Task>(task->metadata.name, [](Task& t) { t.status.health_status = HealthStatus::unhealthy; });
  }
  const auto unhealthy = live();
  shell.settle();
  ASSERT_EQ(live().size(), 4U) << "there is room for both replacements";
  for (const auto& task : live()) {
    if (!task->spec.container_instance.empty()) continue;
    world.edit<Task>(task->metadata.name, [&](Task& t) {
      Condition none;
      none.type = "Placed";
      none.status = "False";
      none.message = "0/2 instances: 2 port 8080/tcp in use";
      set_condition(t.status.conditions, none, world.now);
    });
  }
  shell.settle();
  int stopped = 0;
  for (const auto& task : unhealthy) stopped += wants_stop(*world.get<Task>(task->metadata.name)) ? 1 : 0;
  EXPECT_EQ(stopped, 1) << "one at a time";
}

TEST_F(Replicas, a_failure_that_is_over_is_no_news_of_the_next_rollout) {
  given(a_service("web").desired(2));
  shell.advance(minutes(5));
  hosts.crash(live()[0]->metadata.name);
  rest();
  shell.advance(minutes(5));
  ASSERT_TRUE(is_true(service()->status.conditions, "Ready"));
  change([](ServiceSpec& spec) { spec.task_definition = "web:2"; });
  for (int step = 0; step < 50; ++step) {
    shell.settle();
    EXPECT_THAT(find_condition(service()->status.conditions, "Ready")->message, Not(HasSubstr("stopped"))) << step;
    hosts.work();
  }
  EXPECT_EQ(live_of("web:2").size(), 2U);
}

TEST_F(Replicas, that_begin_to_fail_later_leave_their_deployment_completed) {
  given(a_service("web").desired(1));
  shell.advance(minutes(5));
  for (int i = 0; i < 4; ++i) {
    hosts.crash(live()[0]->metadata.name);
    shell.settle();
    if (live().empty()) shell.advance(shell.next_timer() - world.now);
    rest();
  }
  EXPECT_EQ(find_condition(service()->status.conditions, "Ready")->reason, "TasksFailing");
  EXPECT_EQ(service()->status.deployments.front().rollout_state, RolloutState::completed);
}

TEST_F(Replicas, stops_that_a_user_asked_for_do_not_count) {
  given(a_service("web").desired(1));
  for (int i = 0; i < 5; ++i) {
    const std::string name = live()[0]->metadata.name;
    world.edit<Task>(name, [](Task& t) {
      t.spec.desired_status = DesiredStatus::stopped;
      t.spec.stop_code = StopCode::user_initiated;
    });
    rest();
    ASSERT_EQ(live().size(), 1U);
    EXPECT_NE(live()[0]->metadata.name, name);
    EXPECT_EQ(live()[0]->spec.consecutive_failures, 0);
  }
}

TEST_F(Replicas, are_scaled_out_into_free_slots) {
  given(a_service("web").desired(2));
  change([](ServiceSpec& s) { s.desired_count = 5; });
  rest();
  EXPECT_EQ(live().size(), 5U);
  EXPECT_EQ(world.all<TaskSet>().size(), 1U);
}

TEST_F(Replicas, scaling_in_gives_up_what_is_worth_least_first) {
  world.add(a_service("web").desired(4));
  shell.settle();
  auto tasks = live();
  hosts.place(*tasks[0], "i-0");
  hosts.place(*tasks[2], "i-2");
  hosts.start(tasks[2]->metadata.name);
  hosts.place(*tasks[3], "i-3");
  hosts.start(tasks[3]->metadata.name);
  shell.settle();
  change([](ServiceSpec& s) { s.desired_count = 3; });
  shell.settle();
  EXPECT_TRUE(wants_stop(*world.get<Task>(tasks[1]->metadata.name))) << "the unplaced one";
  change([](ServiceSpec& s) { s.desired_count = 2; });
  shell.settle();
  EXPECT_TRUE(wants_stop(*world.get<Task>(tasks[0]->metadata.name))) << "the pending one";
  change([](ServiceSpec& s) { s.desired_count = 1; });
  shell.settle();
  EXPECT_EQ(live().size(), 1U);
  EXPECT_THAT(world.get<Task>(tasks[0]->metadata.name)->spec.stopped_reason,
              HasSubstr("Scaling activity initiated by (deployment ecs-svc/"));
}

TEST_F(Replicas, scaling_in_takes_from_the_fullest_zone_then_instance) {
  for (const auto& [name, zone] :
       {std::pair("i-0", "a"), std::pair("i-1", "a"), std::pair("i-2", "b"), std::pair("i-3", "b")}) {
    world.edit<ContainerInstance>(name, [&, z = zone](ContainerInstance& i) {
      i.status.attributes.push_back(Attribute{"ecs.availability-zone", z});
    });
  }
  world.add(a_service("web").desired(6));
  shell.settle();
  const auto tasks = live();
  const char* const where[] = {"i-0", "i-0", "i-0", "i-1", "i-2", "i-3"};
  for (std::size_t i = 0; i < 6; ++i) {
    hosts.place(*tasks[i], where[i]);
    hosts.start(tasks[i]->metadata.name);
  }
  shell.settle();
  change([](ServiceSpec& s) { s.desired_count = 3; });
  shell.settle();
  std::vector<std::string> left;
  for (const auto& task : live()) left.push_back(task->spec.container_instance);
  EXPECT_THAT(left, ::testing::ElementsAre("i-0", "i-1", "i-2"))
      << "two of a's fullest instance, then the highest slot";
}

TEST_F(Replicas, desired_zero_stops_all_and_is_steady) {
  given(a_service("web").desired(3));
  change([](ServiceSpec& s) { s.desired_count = 0; });
  rest();
  EXPECT_TRUE(live().empty());
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
  change([](ServiceSpec& s) { s.desired_count = 2; });
  rest();
  EXPECT_EQ(live().size(), 2U);
  EXPECT_EQ(live()[0]->spec.attempt, 1) << "names are never used twice";
}

TEST_F(Replicas, more_than_one_batch_is_made_in_parts) {
  world.add(a_service("web").desired(2500));
  shell.settle();
  EXPECT_EQ(live().size(), 2500U);
  EXPECT_EQ(shell.conflicts, 0);
}

TEST_F(Replicas, a_stale_plan_creates_nothing_twice) {
  world.add(a_service("web").desired(3));
  auto stale = make_service_controller();
  Keys keys;
  stale->start(world.state, keys);
  const Key key = *keys.begin();
  const State before = world.state;
  const Plan first = stale->plan(before, key, Context{world.now, 1});
  EXPECT_FALSE(world.apply(first).conflict);
  EXPECT_TRUE(world.apply(first).conflict);
  const State with_set = world.state;
  const Plan second = stale->plan(with_set, key, Context{world.now, 2});
  EXPECT_FALSE(world.apply(second).conflict);
  EXPECT_TRUE(world.apply(second).conflict);
  EXPECT_EQ(world.all<TaskSet>().size(), 1U);
  EXPECT_EQ(live().size(), 3U);
}

TEST_F(Replicas, a_recreated_service_shares_nothing_with_the_old_one) {
  given(a_service("web").desired(2));
  const auto old_set = world.all<TaskSet>()[0];
  world.remove<Service>("web");
  world.add(a_service("web").desired(2));
  shell.settle();
  EXPECT_EQ(world.all<TaskSet>().size(), 2U);
  std::set<std::string> names;
  for (const auto& task : live()) names.insert(task->metadata.name);
  EXPECT_EQ(names.size(), 4U);
  EXPECT_EQ(service()->status.running_count, 0) << "the old tasks are not counted";
}

TEST_F(Replicas, of_a_service_being_deleted_are_not_replaced) {
  given(a_service("web").desired(2).finalizer("foregroundDeletion"));
  world.remove<Service>("web");
  hosts.crash(live()[0]->metadata.name);
  shell.settle();
  EXPECT_EQ(live().size(), 1U);
  EXPECT_EQ(service()->status.status, "DRAINING");
}

TEST_F(Replicas, without_a_definition_the_service_stalls_until_there_is_one) {
  world.add(a_service("api").definition("api"));
  shell.settle();
  const Condition* stalled = find_condition(world.get<Service>("api")->status.conditions, "Stalled");
  ASSERT_NE(stalled, nullptr);
  EXPECT_EQ(stalled->reason, "TaskDefinitionNotFound");
  world.add(a_revision("api", 1));
  rest();
  EXPECT_EQ(live().size(), 1U);
  EXPECT_TRUE(is_true(world.get<Service>("api")->status.conditions, "Ready"));
  EXPECT_EQ(find_condition(world.get<Service>("api")->status.conditions, "Stalled"), nullptr);
}

TEST_F(Replicas, go_on_when_their_definition_is_deregistered) {
  given(a_service("web").desired(2));
  for (int n = 1; n <= 3; ++n) {
    world.edit<TaskDefinitionRevision>(str("web:", n),
                                       [](TaskDefinitionRevision& r) { r.status.status = RevisionState::inactive; });
  }
  hosts.crash(live()[0]->metadata.name);
  rest();
  EXPECT_EQ(live().size(), 2U);
  EXPECT_EQ(live_of("web:3").size(), 2U);
}

}  // namespace
}  // namespace muster
