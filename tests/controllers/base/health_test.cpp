#include "controllers/base/health.h"

#include <gtest/gtest.h>

#include "tests/support/world.h"

namespace muster {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Task running_for(Duration time, StopCode code = StopCode::essential_container_exited) {
  return a_task("t").running(t0).stopped(code, t0 + time).object();
}

TEST(IsHealthy, without_a_check_by_time_alone) {
  const TaskDefinitionSpec plain = a_revision("web", 1).object().spec;
  const Task task = a_task("t").running(t0).object();
  EXPECT_TRUE(is_healthy(task, plain, {}, t0));
  EXPECT_FALSE(is_healthy(task, plain, seconds(10), t0 + seconds(9)));
  EXPECT_TRUE(is_healthy(task, plain, seconds(10), t0 + seconds(10)));
  EXPECT_EQ(healthy_at(task, plain, seconds(10)), t0 + seconds(10));
  EXPECT_FALSE(is_set(healthy_at(task, plain, {})));
}

TEST(IsHealthy, with_a_check_by_its_verdict) {
  const TaskDefinitionSpec checked = a_revision("web", 1).health_check().object().spec;
  EXPECT_FALSE(is_healthy(a_task("t").running().object(), checked, {}, t0 + minutes(9)));
  EXPECT_TRUE(is_healthy(a_task("t").running().health(HealthStatus::healthy).object(), checked, {}, t0));
  EXPECT_FALSE(is_healthy(a_task("t").running().health(HealthStatus::unhealthy).object(), checked, {}, t0));
  EXPECT_FALSE(is_set(healthy_at(a_task("t").running().object(), checked, seconds(10))));
}

TEST(IsHealthy, a_check_of_an_unessential_container_does_not_count) {
  TaskDefinitionSpec spec = a_revision("web", 1).health_check().object().spec;
  spec.container_definitions.front().essential = false;
  EXPECT_FALSE(has_health_check(spec));
}

TEST(IsHealthy, never_when_not_running_lost_or_asked_to_stop) {
  const TaskDefinitionSpec plain = a_revision("web", 1).object().spec;
  EXPECT_FALSE(is_healthy(a_task("t").on("i").object(), plain, {}, t0));
  EXPECT_FALSE(is_healthy(a_task("t").running().lost().object(), plain, {}, t0));
  EXPECT_FALSE(is_healthy(a_task("t").running().asked_to_stop().object(), plain, {}, t0));
  EXPECT_FALSE(is_healthy(a_task("t").running().stopped(StopCode::none).object(), plain, {}, t0));
}

TEST(Backoff, at_once_then_doubling_from_a_second_to_five_minutes) {
  EXPECT_EQ(backoff(0), Duration::zero());
  EXPECT_EQ(backoff(1), Duration::zero());
  EXPECT_EQ(backoff(2), Duration(seconds(1)));
  EXPECT_EQ(backoff(3), Duration(seconds(2)));
  EXPECT_EQ(backoff(10), Duration(seconds(256)));
  EXPECT_EQ(backoff(11), Duration(minutes(5)));
  EXPECT_EQ(backoff(2'000'000'000), Duration(minutes(5)));
}

TEST(Health, a_readiness_check_must_have_passed_as_well) {
  TaskDefinitionSpec plain, checked;
  for (TaskDefinitionSpec* spec : {&plain, &checked}) {
    ContainerDefinition& app = spec->container_definitions.emplace_back();
    app.readiness_check = HealthCheck{};
    if (spec == &checked) app.health_check = HealthCheck{};
  }
  Task task = a_task("t").running().object();
  for (const ReadinessStatus each : {ReadinessStatus::unknown, ReadinessStatus::not_ready}) {
    task.status.readiness_status = each;
    EXPECT_FALSE(is_healthy(task, plain, {}, t0));
    EXPECT_EQ(healthy_at(task, plain, seconds(10)), Time{});
  }
  task.status.readiness_status = ReadinessStatus::ready;
  EXPECT_TRUE(is_healthy(task, plain, {}, t0));
  EXPECT_FALSE(is_healthy(task, plain, seconds(10), t0 + seconds(9)));
  EXPECT_FALSE(is_healthy(task, checked, {}, t0)) << "its health check has not passed";
}

TEST(Backoff, counts_failures_in_a_row) {
  Task task = running_for(seconds(3));
  EXPECT_EQ(next_consecutive_failures(task), 1);
  task.spec.consecutive_failures = 4;
  EXPECT_EQ(next_consecutive_failures(task), 5);
}

TEST(Backoff, starts_again_after_sixty_seconds_running) {
  Task task = running_for(seconds(60));
  task.spec.consecutive_failures = 4;
  EXPECT_EQ(next_consecutive_failures(task), 1);
}

TEST(Backoff, does_not_count_stops_that_were_asked_for) {
  Task task = running_for(seconds(3));
  task.spec.consecutive_failures = 4;
  task.spec.desired_status = DesiredStatus::stopped;
  EXPECT_FALSE(failed(task));
  EXPECT_EQ(next_consecutive_failures(task), 0);
  EXPECT_EQ(next_consecutive_failures(running_for(seconds(3), StopCode::termination_notice)), 0);
}

TEST(RetryAt, is_the_stop_plus_the_wait) {
  Task task = running_for(seconds(3));
  task.spec.consecutive_failures = 2;
  EXPECT_EQ(retry_at(task, t0 + seconds(4)), t0 + seconds(3) + seconds(2));
}

TEST(RetryAt, a_host_clock_that_runs_ahead_delays_nothing) {
  Task task = running_for(seconds(3));
  task.metadata.creation_timestamp = t0;
  task.status.started_at += minutes(60);
  task.status.stopped_at += minutes(60);
  task.spec.consecutive_failures = 1;
  EXPECT_EQ(retry_at(task, t0 + seconds(4)), t0 + seconds(3) + seconds(1));
}

TEST(ResourcesOfTask, overrides_replace_the_definition) {
  const auto revision = a_revision("web", 1).cpu(100).memory(50).object();
  Task task = a_task("t").object();
  EXPECT_EQ(resources_of_task(task, &revision).cpu, 100);
  ContainerOverride change;
  change.name = "main";
  change.cpu = 300;
  task.spec.overrides.container_overrides.push_back(change);
  EXPECT_EQ(resources_of_task(task, &revision).cpu, 300);
  EXPECT_EQ(resources_of_task(task, &revision).memory_mib, 50);
  EXPECT_EQ(resources_of_task(task, nullptr), Resources{});
}

TEST(ResolveDefinition, follows_the_newest_active_revision) {
  World world;
  world.add(a_revision("web", 9));
  world.add(a_revision("web", 10));
  world.add(a_revision("web", 11).inactive());
  EXPECT_EQ(resolve_definition(world.state, "default", "web"), "web:10");
  EXPECT_EQ(resolve_definition(world.state, "default", "web:9"), "web:9");
  EXPECT_EQ(resolve_definition(world.state, "default", "web:11"), "web:11");
  EXPECT_EQ(resolve_definition(world.state, "default", "web:12"), "");
  EXPECT_EQ(resolve_definition(world.state, "other", "web"), "");
}

TEST(ResolveDefinition, takes_the_families_last_number_when_it_is_active) {
  World world;
  world.add(a_definition("web").with([](TaskDefinition& o) { o.status.latest_revision = 2; }));
  world.add(a_revision("web", 1));
  world.add(a_revision("web", 2));
  EXPECT_EQ(resolve_definition(world.state, "default", "web"), "web:2");
}

}  // namespace
}  // namespace muster
