// A described struct of the size and shape of a running task.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/schema/describe.h"

namespace muster::bench {

enum class Status { pending, running, stopped };

struct Owner {
  std::string api_version, kind, name, uid;
  std::optional<bool> controller;
  bool operator==(const Owner&) const = default;
};
struct Metadata {
  std::string name, generate_name, ns, uid;
  std::int64_t resource_version = 0, generation = 0;
  Time created{}, deleted{};
  std::map<std::string, std::string, std::less<>> labels, annotations;
  std::vector<std::string> finalizers;
  std::vector<Owner> owners;
  bool operator==(const Metadata&) const = default;
};
struct Spec {
  std::string task_definition, cluster, group, started_by, instance, stopped_reason;
  Status desired_status = Status::running;
  std::int32_t slot = 0, attempt = 0, failures = 0;
  bool operator==(const Spec&) const = default;
};
struct Binding {
  std::string bind_ip, protocol;
  std::int32_t container_port = 0, host_port = 0;
  bool operator==(const Binding&) const = default;
};
struct Container {
  std::string name, image, image_digest, runtime_id, reason;
  Status last_status = Status::pending;
  std::optional<std::int32_t> exit_code;
  std::vector<Binding> bindings;
  Time started{}, finished{};
  bool operator==(const Container&) const = default;
};
struct State {
  Status last_status = Status::pending;
  std::string stopped_reason;
  Time created{}, pull_started{}, pull_stopped{}, started{}, stopped{};
  std::vector<Container> containers;
  bool operator==(const State&) const = default;
};
struct TaskLike {
  Metadata metadata;
  Spec spec;
  State status;
  bool operator==(const TaskLike&) const = default;
};

inline TaskLike task_like() {
  const Time now{std::chrono::milliseconds(1'795'377'600'123)};
  TaskLike task;
  Metadata& metadata = task.metadata;
  metadata.name = "web-17-0-5f3a9c1e";
  metadata.ns = "default";
  metadata.uid = "0123456789abcdef0123456789abcdef";
  metadata.resource_version = 123456789;
  metadata.generation = 2;
  metadata.created = now;
  metadata.labels = {
      {"app.kubernetes.io/name", "web"}, {"muster.dev/service", "web"}, {"muster.dev/task-set", "web-3"}};
  metadata.annotations = {{"muster.dev/reason", "service web wants 20 tasks and has 19"}};
  metadata.owners = {Owner{"muster.dev/v1beta1", "TaskSet", "web-3", "fedcba9876543210fedcba9876543210", true}};
  task.spec = Spec{"web:3",
                   "default",
                   "service:web",
                   "ecs-svc/1234567890123456789",
                   "instance-0042.example.org",
                   "",
                   Status::running,
                   17,
                   0,
                   0};
  task.status.last_status = Status::running;
  task.status.created = task.status.pull_started = task.status.pull_stopped = task.status.started = now;
  for (const char* name : {"nginx", "sidecar"}) {
    Container container;
    container.name = name;
    container.image = "registry.example.org/team/nginx:1.27.3";
    container.image_digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    container.runtime_id = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
    container.last_status = Status::running;
    container.bindings = {Binding{"0.0.0.0", "tcp", 80, 49153}};
    container.started = now;
    task.status.containers.push_back(container);
  }
  return task;
}

}  // namespace muster::bench

namespace muster {
template <>
inline Type Describe<bench::Status>::type() {
  return enumeration<bench::Status>("Status", "", {"PENDING", "RUNNING", "STOPPED"});
}
template <>
inline Type Describe<bench::Owner>::type() {
  using T = bench::Owner;
  return object<T>("Owner", "", field<&T::api_version>("apiVersion", ""), field<&T::kind>("kind", ""),
                   field<&T::name>("name", "").required(), field<&T::uid>("uid", "").required(),
                   field<&T::controller>("controller", ""));
}
template <>
inline Type Describe<bench::Metadata>::type() {
  using T = bench::Metadata;
  return object<T>("Metadata", "", field<&T::name>("name", ""), field<&T::generate_name>("generateName", ""),
                   field<&T::ns>("namespace", ""), field<&T::uid>("uid", ""),
                   field<&T::resource_version>("resourceVersion", "").as_text(),
                   field<&T::generation>("generation", ""), field<&T::created>("creationTimestamp", "").whole_seconds(),
                   field<&T::deleted>("deletionTimestamp", "").whole_seconds(), field<&T::labels>("labels", ""),
                   field<&T::annotations>("annotations", ""), field<&T::finalizers>("finalizers", ""),
                   field<&T::owners>("ownerReferences", "").keyed_by("uid"));
}
template <>
inline Type Describe<bench::Spec>::type() {
  using T = bench::Spec;
  return object<T>("Spec", "", field<&T::task_definition>("taskDefinition", "").required(),
                   field<&T::cluster>("cluster", ""), field<&T::group>("group", ""),
                   field<&T::started_by>("startedBy", ""), field<&T::instance>("containerInstance", ""),
                   field<&T::stopped_reason>("stoppedReason", ""), field<&T::desired_status>("desiredStatus", ""),
                   field<&T::slot>("slot", ""), field<&T::attempt>("attempt", ""),
                   field<&T::failures>("consecutiveFailures", ""));
}
template <>
inline Type Describe<bench::Binding>::type() {
  using T = bench::Binding;
  return object<T>("Binding", "", field<&T::bind_ip>("bindIP", ""), field<&T::protocol>("protocol", ""),
                   field<&T::container_port>("containerPort", "").range(1, 65535),
                   field<&T::host_port>("hostPort", "").range(0, 65535));
}
template <>
inline Type Describe<bench::Container>::type() {
  using T = bench::Container;
  return object<T>("Container", "", field<&T::name>("name", ""), field<&T::image>("image", ""),
                   field<&T::image_digest>("imageDigest", ""), field<&T::runtime_id>("runtimeId", ""),
                   field<&T::reason>("reason", ""), field<&T::last_status>("lastStatus", ""),
                   field<&T::exit_code>("exitCode", ""), field<&T::bindings>("networkBindings", ""),
                   field<&T::started>("startedAt", ""), field<&T::finished>("finishedAt", ""));
}
template <>
inline Type Describe<bench::State>::type() {
  using T = bench::State;
  return object<T>("State", "", field<&T::last_status>("lastStatus", ""),
                   field<&T::stopped_reason>("stoppedReason", ""), field<&T::created>("createdAt", ""),
                   field<&T::pull_started>("pullStartedAt", ""), field<&T::pull_stopped>("pullStoppedAt", ""),
                   field<&T::started>("startedAt", ""), field<&T::stopped>("stoppedAt", ""),
                   field<&T::containers>("containers", "").keyed_by("name"));
}
template <>
inline Type Describe<bench::TaskLike>::type() {
  using T = bench::TaskLike;
  return object<T>("TaskLike", "", field<&T::metadata>("metadata", ""), field<&T::spec>("spec", ""),
                   field<&T::status>("status", ""));
}
}  // namespace muster
