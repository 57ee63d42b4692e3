// A service's tasks: replaced, scaled and rolled out as ecs.md section 3 says, over scripted hosts.
#include "controllers/service/replica.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/service/service.h"
#include "tests/support/cluster.h"
#include "tests/support/shell.h"

namespace muster {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

class Replicas : public ::testing::Test {
 protected:
  Replicas() {
    for (int n = 1; n <= 3; ++n) world.add(a_revision("web", n));
    shell.add(make_service_controller());
  }
  // Adds it and brings it to rest.
  void given(const a_service& service) {
    world.add(service);
    rest();
  }
  void rest() {
    for (int i = 0; i < 200; ++i) {
      shell.settle();
      const std::int64_t before = world.state.revision();
      hosts.work();
      if (world.state.revision() == before) break;
    }
  }
  std::vector<std::shared_ptr<const Task>> live() const {
    std::vector<std::shared_ptr<const Task>> out;
    for (const auto& task : world.all<Task>()) {
      if (!is_stopped(*task) && !wants_stop(*task)) out.push_back(task);
    }
    return out;
  }
  std::vector<std::shared_ptr<const Task>> live_of(const std::string& definition) const {
    std::vector<std::shared_ptr<const Task>> out;
    for (const auto& task : live()) {
      if (task->spec.task_definition == definition) out.push_back(task);
    }
    return out;
  }
  std::shared_ptr<const Service> service() const { return world.get<Service>("web"); }
  template <class Edit>
  void change(Edit edit) {
    world.edit<Service>("web", [&](Service& s) { edit(s.spec); });
  }
  std::vector<std::string> messages() const {
    std::vector<std::string> out;
    for (const Note& note : world.notes) out.push_back(note.message);
    return out;
  }

  World world;
  Hosts hosts{world, 4};
  Shell shell{world};
};

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

// --- health

TEST_F(Replicas, are_healthy_after_the_minimum_time) {
  given(a_service("web").desired(1).minimum_healthy_time(seconds(10)));
  EXPECT_EQ(service()->status.running_count, 1);
  EXPECT_EQ(service()->status.healthy_count, 0);
  EXPECT_FALSE(is_true(service()->status.conditions, "Ready"));
  EXPECT_EQ(shell.next_timer(), world.now + seconds(10));
  shell.advance(seconds(10));
  EXPECT_EQ(service()->status.healthy_count, 1);
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
}

class CheckedReplicas : public Replicas {
 protected:
  CheckedReplicas() { world.add(a_revision("checked", 1).health_check()); }
  void all_healthy() {
    for (const auto& task : live()) {
      if (task->status.last_status == LastStatus::running && task->status.health_status == HealthStatus::unknown) {
        hosts.health(task->metadata.name, HealthStatus::healthy);
      }
    }
    rest();
  }
};

TEST_F(CheckedReplicas, an_unhealthy_task_is_replaced_start_first) {
  given(a_service("web").definition("checked").desired(2));
  all_healthy();
  const auto sick = live()[0];
  hosts.health(sick->metadata.name, HealthStatus::unhealthy);
  rest();
  EXPECT_EQ(live().size(), 3U) << "the replacement runs beside it";
  EXPECT_FALSE(wants_stop(*world.get<Task>(sick->metadata.name)));
  all_healthy();
  EXPECT_EQ(live().size(), 2U);
  EXPECT_TRUE(wants_stop(*world.get<Task>(sick->metadata.name)));
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
}

TEST_F(CheckedReplicas, a_task_that_recovers_keeps_its_slot) {
  given(a_service("web").definition("checked").desired(1));
  all_healthy();
  const std::string sick = live()[0]->metadata.name;
  hosts.health(sick, HealthStatus::unhealthy);
  shell.settle();
  EXPECT_EQ(live().size(), 2U);
  hosts.health(sick, HealthStatus::healthy);
  rest();
  ASSERT_EQ(live().size(), 1U);
  EXPECT_EQ(live()[0]->metadata.name, sick);
}

TEST_F(CheckedReplicas, without_room_unhealthy_tasks_stop_one_at_a_time) {
  given(a_service("web").definition("checked").desired(4).percent(50, 100));
  all_healthy();
  const auto tasks = live();
  hosts.health(tasks[0]->metadata.name, HealthStatus::unhealthy);
  hosts.health(tasks[1]->metadata.name, HealthStatus::unhealthy);
  shell.settle();
  EXPECT_EQ(live().size(), 3U);
  rest();
  EXPECT_EQ(live().size(), 4U);
  EXPECT_EQ(std::count_if(tasks.begin(), tasks.end(),
                          [&](const auto& t) { return wants_stop(*world.get<Task>(t->metadata.name)); }),
            2);
}

TEST_F(CheckedReplicas, the_grace_period_protects_a_young_task) {
  given(a_service("web").definition("checked").desired(1).grace(30));
  hosts.health(live()[0]->metadata.name, HealthStatus::unhealthy);
  rest();
  EXPECT_EQ(live().size(), 1U);
  shell.advance(seconds(30));
  EXPECT_EQ(live().size(), 2U);
}

// --- hosts that drain, are lost, come back

TEST_F(Replicas, move_from_a_draining_instance_start_first) {
  given(a_service("web").desired(4));
  hosts.drain("i-1");
  shell.settle();
  EXPECT_EQ(live().size(), 5U);
  rest();
  EXPECT_EQ(live().size(), 4U);
  for (const auto& task : live()) EXPECT_NE(task->spec.container_instance, "i-1");
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
}

TEST_F(Replicas, pending_on_a_draining_instance_are_stopped_at_once) {
  world.add(a_service("web").desired(1));
  shell.settle();
  hosts.place(*live()[0], "i-1");
  hosts.drain("i-1");
  shell.settle();
  rest();
  ASSERT_EQ(live().size(), 1U);
  EXPECT_NE(live()[0]->spec.container_instance, "i-1");
}

TEST_F(Replicas, draining_with_one_hundred_percent_never_ends) {
  given(a_service("web").desired(4).percent(100, 100));
  hosts.drain("i-1");
  rest();
  EXPECT_EQ(live().size(), 4U);
  EXPECT_EQ(world.all<Task>().size(), 4U);
}

TEST_F(Replicas, draining_without_room_stops_down_to_the_minimum) {
  given(a_service("web").desired(4).percent(50, 100));
  hosts.drain("i-1");
  shell.settle();
  EXPECT_EQ(live().size(), 3U);
  rest();
  EXPECT_EQ(live().size(), 4U);
  for (const auto& task : live()) EXPECT_NE(task->spec.container_instance, "i-1");
}

TEST_F(Replicas, lost_tasks_are_replaced_at_once_and_not_counted) {
  given(a_service("web").desired(4).percent(100, 100));
  hosts.lose("i-0");
  shell.settle();
  EXPECT_EQ(live().size(), 5U) << "the lost one does not stand in the way";
  EXPECT_EQ(service()->status.running_count, 3);
  rest();
  EXPECT_EQ(service()->status.running_count, 4);
  EXPECT_TRUE(is_true(service()->status.conditions, "Ready"));
}

TEST_F(Replicas, a_lost_task_that_returns_gives_way_to_a_running_replacement) {
  given(a_service("web").desired(4));
  std::string lost;
  for (const auto& task : live()) {
    if (task->spec.container_instance == "i-0") lost = task->metadata.name;
  }
  hosts.lose("i-0");
  rest();
  hosts.come_back("i-0");
  shell.settle();
  EXPECT_TRUE(wants_stop(*world.get<Task>(lost)));
  rest();
  EXPECT_EQ(live().size(), 4U);
}

TEST_F(Replicas, a_lost_task_that_returns_stays_when_its_replacement_does_not_run_yet) {
  given(a_service("web").desired(4));
  std::string lost;
  for (const auto& task : live()) {
    if (task->spec.container_instance == "i-0") lost = task->metadata.name;
  }
  hosts.lose("i-0");
  shell.settle();
  hosts.come_back("i-0");
  rest();
  EXPECT_FALSE(wants_stop(*world.get<Task>(lost)));
  EXPECT_EQ(live().size(), 4U);
}

TEST_F(Replicas, a_longer_lost_after_of_the_service_delays_the_replacement) {
  given(a_service("web").desired(4).lost_after(seconds(30)));
  hosts.lose("i-0");
  shell.settle();
  EXPECT_EQ(live().size(), 4U) << "the lost one is still waited for";
  EXPECT_EQ(service()->status.running_count, 3);
  shell.advance(seconds(29));
  EXPECT_EQ(live().size(), 4U);
  shell.advance(seconds(1));
  EXPECT_EQ(live().size(), 5U);
}

TEST_F(Replicas, a_shorter_lost_after_of_the_service_hastens_it) {
  given(a_service("web").desired(4).lost_after(seconds(2)));
  world.edit<ContainerInstance>("i-0", [&](ContainerInstance& i) {
    i.status.connection = Connection::suspect;
    i.status.agent.connected = false;
    i.status.agent.last_heard = world.now;
  });
  shell.advance(seconds(1));
  EXPECT_EQ(live().size(), 4U);
  shell.advance(seconds(1));
  EXPECT_EQ(live().size(), 5U);
}

TEST_F(Replicas, announced_absence_is_waited_for) {
  given(a_service("web").desired(4).lost_after(seconds(2)));
  world.edit<ContainerInstance>("i-0", [&](ContainerInstance& i) {
    i.status.connection = Connection::away;
    i.status.agent.connected = false;
    i.status.agent.last_heard = world.now;
    i.status.agent.away_until = world.now + seconds(120);
  });
  shell.advance(seconds(119));
  EXPECT_EQ(live().size(), 4U);
  shell.advance(seconds(1));
  EXPECT_EQ(live().size(), 5U);
}

// --- rollouts

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
