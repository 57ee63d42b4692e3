// A task of two containers that an agent has, for tests of what its containers are told.
#pragma once

#include "runtime/agent/metadata/document.h"

namespace muster::agent::metadata {

inline constexpr const char* uid = "0123456789abcdef0123456789abcdef";

struct SeenTask {
  SeenTask() {
    desired.ns = "default";
    desired.name = "web-0-0";
    desired.uid = uid;
    desired.spec.task_definition = "web:7";
    desired.spec.group = "service:web";
    desired.spec.desired_status = DesiredStatus::running;
    TaskDefinitionSpec definition;
    definition.family = "web";
    definition.cpu = "512";
    definition.memory = "256";
    ContainerDefinition app;
    app.name = "app";
    app.image = "shop:3";
    app.cpu = 128;
    app.memory = 64;
    app.environment = {{"PASSWORD", "hunter2"}};
    app.health_check = HealthCheck{{"CMD", "true"}, 5, 2, 2, 0};
    ContainerDefinition beside;
    beside.name = "beside";
    beside.image = "beside:1";
    beside.memory = 32;
    definition.container_definitions = {app, beside};
    desired.definition = std::make_shared<const TaskDefinitionSpec>(definition);
    identity = {"c", "i", "default", "host-1"};
    status.last_status = LastStatus::running;
    ContainerStatus running;
    running.name = "app";
    running.runtime_id = "aaaa";
    running.last_status = ContainerLastStatus::running;
    running.health_status = HealthStatus::healthy;
    NetworkBinding binding;
    binding.bind_ip = "0.0.0.0";
    binding.container_port = 80;
    binding.host_port = 40'000;
    running.network_bindings = {binding};
    ContainerStatus pending;
    pending.name = "beside";
    status.containers = {running, pending};
  }
  Seen seen() const {
    return {desired, status, identity, "zone-a", {{"app", "muster-web-app", "172.17.0.2", "sha256:1", Time{}}}};
  }
  task::DesiredTask desired;
  task::Identity identity;
  TaskStatus status;
};

}  // namespace muster::agent::metadata
