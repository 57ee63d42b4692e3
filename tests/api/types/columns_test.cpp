// What `get` prints, and that it fits a terminal of 80 characters.
#include "api/types/columns.h"

#include <gtest/gtest.h>

#include <map>

#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/configuration.h"
#include "api/types/rbac.h"
#include "api/types/service.h"
#include "api/types/task_run.h"
#include "tests/api/types/filled.h"

namespace muster {
namespace {

constexpr Time now = Time{} + std::chrono::hours(500'000);
using Cells = std::map<std::string_view, std::string>;

Cells cells(const Object& object) {
  Cells out;
  for (const Column& column : object.kind->columns) out[column.name] = column.cell(object, now);
  return out;
}

// The width of a table with this one row: name and age included, three spaces between columns.
std::size_t width(const Object& object) {
  std::size_t sum = std::max<std::size_t>(4, object.metadata.name.size()) + 3 + 4;
  for (const Column& column : object.kind->columns) {
    if (column.priority == 0) sum += std::max(column.name.size(), column.cell(object, now).size()) + 3;
  }
  return sum;
}

ContainerStatus container(std::string name, std::optional<std::int32_t> exit_code, std::string reason = {}) {
  ContainerStatus status;
  status.name = std::move(name);
  status.exit_code = exit_code;
  status.reason = std::move(reason);
  return status;
}

Task stopped_task(StopCode code) {
  Task task = make<Task>();
  task.metadata.name = "web-12-3-0badcafe";
  task.spec.task_definition = "web:12";
  task.spec.container_instance = "host-1";
  task.status.last_status = LastStatus::stopped;
  task.status.stop_code = code;
  return task;
}

TEST(Columns, EveryCellOfEveryKindCanBePrinted) {
  for (const Kind& kind : all_kinds()) {
    const auto object = kind.make();
    for (const Column& column : kind.columns) EXPECT_FALSE(column.doc.empty());
    EXPECT_EQ(cells(*object).size(), kind.columns.size()) << kind.kind;
    testing::fill(*kind.type(), nullptr, kind.fields(*object));
    EXPECT_EQ(cells(*object).size(), kind.columns.size()) << kind.kind;
    EXPECT_LE(width(*object), 80U) << kind.kind;
  }
}

TEST(Columns, WhyATaskStopped) {
  Task task = stopped_task(StopCode::essential_container_exited);
  task.status.stopped_reason = "Essential container in task exited";
  task.status.containers = {container("sidecar", 0), container("app", 137)};
  EXPECT_EQ(cells(task)["Reason"], "exit 137");
  EXPECT_EQ(cells(task)["Exit"], "137");
  EXPECT_EQ(cells(task)["Message"], "Essential container in task exited");
  EXPECT_LE(width(task), 80U);

  task.status.containers[1].reason = "OutOfMemoryError: Container killed due to memory usage";
  EXPECT_EQ(cells(task)["Reason"], "OutOfMemory");
  EXPECT_EQ(cells(task)["Message"],
            "Essential container in task exited (app: OutOfMemoryError: Container killed due to memory usage)");

  Task never = stopped_task(StopCode::task_failed_to_start);
  never.status.containers = {container("app", std::nullopt, "CannotPullContainerError: manifest unknown")};
  never.status.stopped_reason = "CannotPullContainerError: manifest unknown";
  EXPECT_EQ(cells(never)["Reason"], "CannotPullContainer");
  EXPECT_EQ(cells(never)["Exit"], "");
  EXPECT_EQ(cells(never)["Message"], "CannotPullContainerError: manifest unknown");
  EXPECT_LE(width(never), 80U);

  EXPECT_EQ(cells(stopped_task(StopCode::user_initiated))["Reason"], "stopped by user");
  EXPECT_EQ(cells(stopped_task(StopCode::service_scheduler_initiated))["Reason"], "stopped by service");
  EXPECT_EQ(cells(stopped_task(StopCode::task_failed_to_start))["Reason"], "failed to start");
}

TEST(Columns, WhyATaskDoesNotRun) {
  Task task = make<Task>();
  Condition placed;
  placed.type = "Placed";
  placed.status = "False";
  placed.reason = "Unplaceable";
  placed.message = "0/3 instances: 3 insufficient memory";
  set_condition(task.status.conditions, placed, now);
  EXPECT_EQ(cells(task)["Reason"], "Unplaceable");
  EXPECT_EQ(cells(task)["Message"], "0/3 instances: 3 insufficient memory");
  task.status.last_status = LastStatus::running;
  placed.status = "True";
  set_condition(task.status.conditions, placed, now);
  EXPECT_EQ(cells(task)["Reason"], "");
  EXPECT_EQ(cells(task)["Message"], "");
  task.status.health_status = HealthStatus::unhealthy;
  EXPECT_EQ(cells(task)["Reason"], "unhealthy");
  Condition lost;
  lost.type = "Lost";
  lost.status = "True";
  set_condition(task.status.conditions, lost, now);
  EXPECT_EQ(cells(task)["Reason"], "instance lost");
}

TEST(Columns, WhatIsLeftOfAnInstance) {
  ContainerInstance instance = make<ContainerInstance>();
  instance.metadata.name = "host-1";
  EXPECT_EQ(cells(instance)["CPU"], "");
  instance.status.registered_resources = {{"CPU", "INTEGER", 4096, {}}, {"MEMORY", "INTEGER", 16'000, {}}};
  EXPECT_EQ(cells(instance)["CPU"], "4096/4096");
  instance.status.remaining_resources = {{"CPU", "INTEGER", 1024, {}}, {"MEMORY", "INTEGER", 15'000, {}}};
  instance.status.running_tasks_count = 2;
  instance.status.pending_tasks_count = 1;
  EXPECT_EQ(cells(instance)["CPU"], "1024/4096");
  EXPECT_EQ(cells(instance)["Memory"], "15000/16000");
  EXPECT_EQ(cells(instance)["Tasks"], "3");
  EXPECT_EQ(cells(instance)["Status"], "ACTIVE");
  instance.spec.unschedulable = true;
  EXPECT_EQ(cells(instance)["Status"], "CORDONED");
  instance.spec.status = InstanceState::draining;
  EXPECT_EQ(cells(instance)["Status"], "DRAINING");
  EXPECT_LE(width(instance), 80U);
}

TEST(Columns, CountsOfAService) {
  Service service = make<Service>();
  service.spec.task_definition = "web";
  service.spec.desired_count = 3;
  EXPECT_EQ(cells(service)["Desired"], "3");
  EXPECT_EQ(cells(service)["Definition"], "web");
  EXPECT_EQ(cells(service)["Rollout"], "");
  service.status.task_definition = "web:7";
  service.status.deployments.emplace_back();
  EXPECT_EQ(cells(service)["Definition"], "web:7");
  EXPECT_EQ(cells(service)["Rollout"], "IN_PROGRESS");
  service.spec.scheduling_strategy = SchedulingStrategy::daemon;
  service.status.desired_count = 9;
  EXPECT_EQ(cells(service)["Desired"], "9");
}

TEST(Columns, WhenAnEventWasSeen) {
  Event event = make<Event>();
  event.involved_object.kind = "Service";
  event.involved_object.name = "web";
  EXPECT_EQ(cells(event)["Last Seen"], "");
  EXPECT_EQ(cells(event)["Count"], "1");
  EXPECT_EQ(cells(event)["Object"], "service/web");
  event.event_time = now - std::chrono::seconds(30);
  EXPECT_EQ(cells(event)["Last Seen"], "30s");
  event.last_timestamp = now + std::chrono::seconds(5);  // another machine's clock
  EXPECT_EQ(cells(event)["Last Seen"], "0s");
}

TEST(Columns, OfConfigurationAndRoles) {
  Secret secret = make<Secret>();
  secret.type = "Opaque";
  secret.data = {{"a", "aHVudGVyMg=="}, {"b", ""}};
  EXPECT_EQ(cells(secret), (Cells{{"Type", "Opaque"}, {"Data", "2"}}));
  ConfigMap map = make<ConfigMap>();
  map.data["a"] = "x";
  map.binary_data["b"] = "";
  EXPECT_EQ(cells(map), (Cells{{"Data", "2"}}));
  EXPECT_EQ(cells(make<ServiceAccount>()), (Cells{{"Secrets", "0"}}));
  ClusterRole role = make<ClusterRole>();
  role.metadata.creation_timestamp = Time{} + std::chrono::hours(24);
  EXPECT_EQ(cells(role), (Cells{{"Created At", "1970-01-02T00:00:00Z"}}));
  EXPECT_FALSE(role.kind->shows_age);
  RoleBinding binding = make<RoleBinding>();
  binding.role_ref = {"", "ClusterRole", "view"};
  binding.subjects = {{"User", "", "ann", ""}, {"User", "", "bob", ""}, {"ServiceAccount", "", "deployer", "default"}};
  EXPECT_EQ(cells(binding), (Cells{{"Role", "ClusterRole/view"},
                                   {"Users", "ann, bob"},
                                   {"Groups", ""},
                                   {"ServiceAccounts", "default/deployer"}}));
}

TEST(Columns, StateOfARun) {
  TaskRun run = make<TaskRun>();
  EXPECT_EQ(cells(run)["Status"], "PENDING");
  EXPECT_EQ(cells(run)["Succeeded"], "0/1");
  run.status.running_count = 1;
  EXPECT_EQ(cells(run)["Status"], "RUNNING");
  Condition succeeded;
  succeeded.type = "Succeeded";
  succeeded.status = "False";
  set_condition(run.status.conditions, succeeded, now);
  EXPECT_EQ(cells(run)["Status"], "FAILED");
  succeeded.status = "True";
  set_condition(run.status.conditions, succeeded, now);
  EXPECT_EQ(cells(run)["Status"], "SUCCEEDED");
}

}  // namespace
}  // namespace muster
