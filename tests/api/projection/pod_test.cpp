#include "api/projection/pod.h"

#include <gtest/gtest.h>

#include "api/schema/describe.h"
#include "tests/support/builders.h"

namespace muster::projection {
namespace {

using namespace muster::testing;

ContainerStatus container(ContainerLastStatus status, std::optional<std::int32_t> exit_code = {},
                          std::string reason = {}) {
  ContainerStatus out;
  out.name = "app";
  out.last_status = status;
  out.exit_code = exit_code;
  out.reason = std::move(reason);
  return out;
}

a_task& with_container(a_task& task, ContainerStatus status) {
  return task.with([&](Task& o) { o.status.containers.push_back(std::move(status)); });
}

TaskDefinitionSpec definition() {
  TaskDefinitionSpec spec;
  ContainerDefinition app;
  app.name = "app";
  app.image = "busybox";
  app.cpu = 256;
  app.memory = 64;
  app.entry_point = {"/bin/sh"};
  app.command = {"-c", "run"};
  app.environment = {{"A", "1"}, {"B", "2"}};
  PortMapping port;
  port.container_port = 80;
  port.name = "http";
  app.port_mappings.push_back(port);
  spec.container_definitions.push_back(app);
  return spec;
}

std::string cell(const view::Pod& pod, std::string_view column) {
  for (const Column& each : pod.kind->columns) {
    if (each.name == column) return each.cell(pod, t0 + std::chrono::minutes(5));
  }
  return "no such column";
}

const view::PodCondition* condition(const view::Pod& pod, std::string_view type) {
  for (const view::PodCondition& each : pod.status.conditions) {
    if (each.type == type) return &each;
  }
  return nullptr;
}

struct Row {
  const char* name;
  a_task task;
  const char *phase, *status, *ready, *ready_condition;  // empty: there is none
};

TEST(Pods, states) {
  const auto running = [](ContainerLastStatus status = ContainerLastStatus::running) {
    a_task task("t");
    task.on("host").running();
    with_container(task, container(status));
    return task;
  };
  const auto stopped = [](StopCode code, std::optional<std::int32_t> exit_code, std::string reason = {}) {
    a_task task("t");
    task.on("host").stopped(code);
    with_container(task, container(ContainerLastStatus::stopped, exit_code, std::move(reason)));
    return task;
  };
  const Row rows[] = {
      {"not placed", a_task("t"), "Pending", "Pending", "0/1", ""},
      {"placed", a_task("t").on("host"), "Pending", "ContainerCreating", "0/1", "False"},
      {"running", running(), "Running", "Running", "1/1", "True"},
      {"lost", running().lost(), "Running", "NodeLost", "0/1", "False"},
      {"asked to stop", running().asked_to_stop(), "Running", "Stopping", "1/1", "False"},
      {"being deleted", running().deleting(t0).asked_to_stop(), "Running", "Terminating", "1/1", "False"},
      {"done", stopped(StopCode::essential_container_exited, 0), "Succeeded", "Completed", "0/1", "False"},
      {"failed", stopped(StopCode::essential_container_exited, 3), "Failed", "Error", "0/1", "False"},
      {"out of memory", stopped(StopCode::essential_container_exited, 137, "OutOfMemoryError: killed"), "Failed",
       "OOMKilled", "0/1", "False"},
      {"no image", stopped(StopCode::task_failed_to_start, {}, "CannotPullContainerError: manifest unknown"), "Failed",
       "ErrImagePull", "0/1", "False"},
      {"no start", stopped(StopCode::task_failed_to_start, {}, "CannotStartContainerError: no such file"), "Failed",
       "StartError", "0/1", "False"},
      {"withdrawn", a_task("t").stopped(StopCode::user_initiated), "Failed", "Failed", "0/1", ""},
  };
  const TaskDefinitionSpec spec = definition();
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const view::Pod pod = pod_of(row.task.object(), &spec, nullptr);
    EXPECT_EQ(pod.status.phase, row.phase);
    EXPECT_EQ(cell(pod, "Status"), row.status);
    EXPECT_EQ(cell(pod, "Ready"), row.ready);
    const view::PodCondition* ready = condition(pod, "Ready");
    EXPECT_EQ(ready == nullptr ? "" : ready->status, row.ready_condition);
  }
}

TEST(Pods, a_health_check_decides) {
  TaskDefinitionSpec spec = definition();
  spec.container_definitions.front().health_check.emplace();
  for (const auto& [health, ready] : {std::pair(HealthStatus::unknown, "False"),
                                      {HealthStatus::unhealthy, "False"},
                                      {HealthStatus::healthy, "True"}}) {
    a_task task("t");
    task.on("host").running().health(health);
    ContainerStatus status = container(ContainerLastStatus::running);
    status.health_status = health;
    with_container(task, status);
    const view::Pod pod = pod_of(task.object(), &spec, nullptr);
    EXPECT_EQ(condition(pod, "Ready")->status, ready) << name_of(health);
    EXPECT_EQ(pod.status.container_statuses.front().ready, health == HealthStatus::healthy);
  }
}

TEST(Pods, what_runs) {
  a_task task("web-0-0-12345678");
  task.uid("0123456789abcdef0123456789abcdef").on("host").running().group("service:web").label("app", "web");
  task.finalizer("muster.dev/containers").created(t0);
  task.with([](Task& o) {
    o.metadata.resource_version = 42;
    o.spec.consecutive_failures = 3;
    ContainerOverride override;
    override.name = "app";
    override.command = {"-c", "other"};
    override.environment = {{"B", "3"}, {"C", "4"}};
    override.memory = 128;
    o.spec.overrides.container_overrides.push_back(override);
  });
  ContainerStatus status = container(ContainerLastStatus::running);
  status.runtime_id = "abc";
  status.image_digest = "sha256:1";
  status.network_bindings.push_back({"0.0.0.0", 80, 32768, Protocol::tcp});
  with_container(task, status);
  an_instance host("host");
  host.with([](ContainerInstance& o) { o.status.address = "10.0.0.7"; });
  const TaskDefinitionSpec spec = definition();
  const view::Pod pod = pod_of(task.object(), &spec, &host.object());

  EXPECT_EQ(pod.metadata.name, "web-0-0-12345678");
  EXPECT_EQ(pod.metadata.uid, "81234567-89ab-cdef-0123-456789abcdef");
  EXPECT_EQ(pod.metadata.resource_version, 42);
  EXPECT_EQ(pod.metadata.labels.at("app"), "web");
  EXPECT_TRUE(pod.metadata.finalizers.empty());
  ASSERT_EQ(pod.metadata.owner_references.size(), 1U);
  EXPECT_EQ(pod.metadata.owner_references.front().kind, "Task");
  EXPECT_EQ(pod.metadata.owner_references.front().uid, "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(pod.metadata.owner_references.front().controller, true);

  EXPECT_EQ(pod.spec.node_name, "host");
  EXPECT_EQ(pod.spec.restart_policy, "Always");
  ASSERT_EQ(pod.spec.containers.size(), 1U);
  const view::Container& app = pod.spec.containers.front();
  EXPECT_EQ(app.image, "busybox");
  EXPECT_EQ(app.command, std::vector<std::string>{"/bin/sh"});
  EXPECT_EQ(app.args, (std::vector<std::string>{"-c", "other"}));
  EXPECT_EQ(app.env, (std::vector<view::EnvVar>{{"A", "1"}, {"B", "3"}, {"C", "4"}}));
  EXPECT_EQ(app.resources.requests, (Labels{{"cpu", "250m"}, {"memory", "128Mi"}}));
  EXPECT_EQ(app.resources.limits, (Labels{{"memory", "128Mi"}}));
  EXPECT_EQ(app.ports, (std::vector<view::ContainerPort>{{"http", 80, 32768, "TCP"}}));

  EXPECT_EQ(pod.status.pod_ip, "10.0.0.7");
  EXPECT_EQ(pod.status.host_ip, "10.0.0.7");
  EXPECT_EQ(pod.status.start_time, t0);
  EXPECT_EQ(pod.status.qos_class, "Burstable");
  ASSERT_EQ(pod.status.container_statuses.size(), 1U);
  const view::ContainerStatus& seen = pod.status.container_statuses.front();
  EXPECT_EQ(seen.restart_count, 3);
  EXPECT_EQ(seen.container_id, "muster://abc");
  EXPECT_EQ(seen.image_id, "sha256:1");
  EXPECT_EQ(seen.state.running->started_at, t0);
  EXPECT_EQ(cell(pod, "Restarts"), "3");
  EXPECT_EQ(cell(pod, "Age"), "5m");
  EXPECT_EQ(cell(pod, "Node"), "host");
}

TEST(Pods, say_why_they_wait) {
  a_task task("t");
  task.with([](Task& o) {
    Condition placed;
    placed.type = "Placed";
    placed.status = "False";
    placed.message = "0/12 instances: 12 insufficient memory";
    o.status.conditions.push_back(placed);
  });
  const view::Pod pod = pod_of(task.object(), nullptr, nullptr);
  EXPECT_EQ(condition(pod, "PodScheduled")->status, "False");
  EXPECT_EQ(condition(pod, "PodScheduled")->reason, "Unschedulable");
  EXPECT_EQ(condition(pod, "PodScheduled")->message, "0/12 instances: 12 insufficient memory");
  EXPECT_TRUE(pod.status.container_statuses.empty());
}

// The finalizer and the grace of the task are its own; kubectl reads the pod's.
TEST(Pods, being_deleted) {
  TaskDefinitionSpec spec = definition();
  spec.container_definitions.front().stop_timeout = 90;
  const view::Pod pod = pod_of(a_task("t").on("host").running().deleting(t0).object(), &spec, nullptr);
  EXPECT_EQ(pod.metadata.deletion_timestamp, t0);
  EXPECT_EQ(pod.metadata.deletion_grace_period_seconds, 90);
}

}  // namespace
}  // namespace muster::projection
