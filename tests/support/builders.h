// Readable objects for tests: a_service("web").desired(3).definition("web:1"). Every builder is a value; `World::add`
// (tests/support/world.h) stores what it makes.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/base/text.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/kinds.h"
#include "api/types/service.h"
#include "api/types/task.h"
#include "api/types/task_definition.h"
#include "api/types/task_run.h"

namespace muster::testing {

// Where every test's clock starts: 2026-01-01T00:00:00Z.
inline constexpr Time t0 = Time{} + std::chrono::seconds(1'767'225'600);

template <class T, class Self>
class Builder {
 public:
  using Made = T;
  explicit Builder(std::string name) : object_(make<T>()) {
    object_.metadata.name = std::move(name);
    if (object_.kind->scope == Scope::namespaced) object_.metadata.ns = "default";
  }
  Self& in(std::string ns) {
    return set([&](T& o) { o.metadata.ns = std::move(ns); });
  }
  Self& uid(std::string uid) {
    return set([&](T& o) { o.metadata.uid = std::move(uid); });
  }
  Self& created(Time at) {
    return set([&](T& o) { o.metadata.creation_timestamp = at; });
  }
  Self& deleting(Time at) {
    return set([&](T& o) { o.metadata.deletion_timestamp = at; });
  }
  Self& generation(std::int64_t n) {
    return set([&](T& o) { o.metadata.generation = n; });
  }
  Self& finalizer(std::string text) {
    return set([&](T& o) { o.metadata.finalizers.push_back(std::move(text)); });
  }
  Self& label(std::string key, std::string value) {
    return set([&](T& o) { o.metadata.labels[std::move(key)] = std::move(value); });
  }
  Self& annotation(std::string key, std::string value) {
    return set([&](T& o) { o.metadata.annotations[std::move(key)] = std::move(value); });
  }
  // The controlling owner.
  Self& owned_by(const Object& owner) {
    return set([&](T& o) {
      OwnerReference reference = owner_reference(owner);
      reference.controller = true;
      reference.block_owner_deletion = true;
      o.metadata.owner_references.push_back(std::move(reference));
    });
  }
  // An owner that does not control it.
  Self& also_owned_by(const Object& owner) {
    return set([&](T& o) {
      OwnerReference reference = owner_reference(owner);
      reference.controller.reset();
      reference.block_owner_deletion.reset();
      o.metadata.owner_references.push_back(std::move(reference));
    });
  }
  // Anything else: .with([](Service& s) { s.spec.desired_count = 2; }).
  template <class Edit>
  Self& with(Edit edit) {
    return set(edit);
  }
  const T& object() const { return object_; }
  ObjectPtr shared() const { return share(object_); }

 protected:
  template <class Edit>
  Self& set(Edit edit) {
    edit(object_);
    return static_cast<Self&>(*this);
  }
  T object_;
};

class a_namespace : public Builder<Namespace, a_namespace> {
 public:
  using Builder::Builder;
};

class a_cluster : public Builder<Cluster, a_cluster> {
 public:
  explicit a_cluster(std::string name = "default") : Builder(std::move(name)) {}
  a_cluster& lost_after(Duration time) {
    return set([&](Cluster& o) { o.spec.lost_after = time; });
  }
};

// A connected, synced instance of the cluster `default` with 4 cores and 8 GiB.
class an_instance : public Builder<ContainerInstance, an_instance> {
 public:
  explicit an_instance(std::string name) : Builder(std::move(name)) {
    object_.spec.cluster = "default";
    object_.status.agent.connected = true;
    object_.status.agent.synced = true;
    object_.status.agent.since = t0;
    object_.status.agent.last_heard = t0;
    resource("CPU", 4096);
    resource("MEMORY", 8192);
  }
  an_instance& cluster(std::string name) {
    return set([&](ContainerInstance& o) { o.spec.cluster = std::move(name); });
  }
  an_instance& cpu(std::int64_t units) { return resource("CPU", units); }
  an_instance& memory(std::int64_t mib) { return resource("MEMORY", mib); }
  an_instance& gpus(std::vector<std::string> ids) {
    return set([&](ContainerInstance& o) {
      o.status.registered_resources.push_back(InstanceResource{"GPU", "STRINGSET", 0, std::move(ids)});
    });
  }
  an_instance& reserved_port(std::int32_t port) {
    return set([&](ContainerInstance& o) {
      for (InstanceResource& each : o.status.registered_resources) {
        if (each.name != "PORTS") continue;
        each.string_set_value.push_back(std::to_string(port));
        return;
      }
      InstanceResource ports;
      ports.name = "PORTS";
      ports.type = "STRINGSET";
      ports.string_set_value.push_back(std::to_string(port));
      o.status.registered_resources.push_back(std::move(ports));
    });
  }
  // As the agent registered it, in status.attributes.
  an_instance& attribute(std::string name, std::string value = {}) {
    return set([&](ContainerInstance& o) {
      o.status.attributes.push_back(Attribute{std::move(name), std::move(value)});
    });
  }
  an_instance& taint(std::string key, std::string value, TaintEffect effect) {
    return set([&](ContainerInstance& o) { o.spec.taints.push_back(Taint{std::move(key), std::move(value), effect}); });
  }
  an_instance& draining() {
    return set([](ContainerInstance& o) { o.spec.status = InstanceState::draining; });
  }
  an_instance& unschedulable() {
    return set([](ContainerInstance& o) { o.spec.unschedulable = true; });
  }
  // The instance controller's verdict; for any but connected the agent's connection is closed since `at`.
  an_instance& connection(Connection verdict, Time at = t0) {
    return set([&](ContainerInstance& o) {
      o.status.connection = verdict;
      const bool open = verdict == Connection::connected || verdict == Connection::returning;
      o.status.agent.connected = open;
      o.status.agent.synced = verdict == Connection::connected;
      o.status.agent.since = at;
      o.status.agent.last_heard = at;
    });
  }

 private:
  an_instance& resource(const std::string& name, std::int64_t value) {
    return set([&](ContainerInstance& o) {
      for (InstanceResource& each : o.status.registered_resources) {
        if (each.name != name) continue;
        each.integer_value = value;
        return;
      }
      InstanceResource made;
      made.name = name;
      made.type = "INTEGER";
      made.integer_value = value;
      o.status.registered_resources.push_back(std::move(made));
    });
  }
};

class a_definition : public Builder<TaskDefinition, a_definition> {
 public:
  explicit a_definition(std::string family) : Builder(std::move(family)) {
    object_.spec.family = object_.metadata.name;
  }
};

// The revision `family:number`, ACTIVE, with one essential container `main` of 128 CPU units and 64 MiB.
class a_revision : public Builder<TaskDefinitionRevision, a_revision> {
 public:
  a_revision(const std::string& family, std::int64_t number) : Builder(str(family, ":", number)) {
    object_.spec.family = family;
    object_.status.revision = number;
    ContainerDefinition container;
    container.name = "main";
    container.image = "busybox";
    container.cpu = 128;
    container.memory = 64;
    object_.spec.container_definitions.push_back(std::move(container));
  }
  a_revision& cpu(std::int32_t units) {
    return first([&](ContainerDefinition& c) { c.cpu = units; });
  }
  a_revision& memory(std::int32_t mib) {
    return first([&](ContainerDefinition& c) { c.memory = mib; });
  }
  a_revision& gpus(const std::string& count) {
    return first([&](ContainerDefinition& c) { c.resource_requirements = {{ResourceType::gpu, count}}; });
  }
  a_revision& image(std::string image) {
    return first([&](ContainerDefinition& c) { c.image = std::move(image); });
  }
  a_revision& host_port(std::int32_t port) {
    return first([&](ContainerDefinition& c) {
      PortMapping mapping;
      mapping.container_port = port;
      mapping.host_port = port;
      c.port_mappings.push_back(std::move(mapping));
    });
  }
  a_revision& health_check() {
    return first([](ContainerDefinition& c) {
      HealthCheck check;
      check.command = {"CMD-SHELL", "true"};
      c.health_check = std::move(check);
    });
  }
  a_revision& member_of(std::string expression) {
    return set([&](TaskDefinitionRevision& o) {
      o.spec.placement_constraints.push_back(PlacementConstraint{ConstraintType::member_of, std::move(expression)});
    });
  }
  a_revision& tolerating(std::string key) {
    return set([&](TaskDefinitionRevision& o) {
      o.spec.tolerations.push_back(Toleration{std::move(key), TolerationOperator::exists, {}, {}});
    });
  }
  a_revision& inactive() {
    return set([](TaskDefinitionRevision& o) { o.status.status = RevisionState::inactive; });
  }

 private:
  template <class Edit>
  a_revision& first(Edit edit) {
    return set([&](TaskDefinitionRevision& o) { edit(o.spec.container_definitions.front()); });
  }
};

// A service of the definition of its own name.
class a_service : public Builder<Service, a_service> {
 public:
  explicit a_service(std::string name) : Builder(std::move(name)) {
    object_.spec.task_definition = object_.metadata.name;
    object_.spec.cluster = "default";
  }
  a_service& desired(std::int32_t count) {
    return set([&](Service& o) { o.spec.desired_count = count; });
  }
  a_service& definition(std::string name) {
    return set([&](Service& o) { o.spec.task_definition = std::move(name); });
  }
  a_service& cluster(std::string name) {
    return set([&](Service& o) { o.spec.cluster = std::move(name); });
  }
  a_service& percent(std::int32_t minimum, std::int32_t maximum) {
    return set([&](Service& o) {
      o.spec.deployment_configuration.minimum_healthy_percent = minimum;
      o.spec.deployment_configuration.maximum_percent = maximum;
    });
  }
  a_service& minimum_healthy_time(Duration time) {
    return set([&](Service& o) { o.spec.deployment_configuration.minimum_healthy_time = time; });
  }
  a_service& grace(std::int32_t seconds) {
    return set([&](Service& o) { o.spec.health_check_grace_period_seconds = seconds; });
  }
  a_service& lost_after(Duration time) {
    return set([&](Service& o) { o.spec.lost_after = time; });
  }
  a_service& daemon() {
    return set([](Service& o) {
      o.spec.scheduling_strategy = SchedulingStrategy::daemon;
      o.spec.deployment_configuration.maximum_percent = 100;
      o.spec.deployment_configuration.minimum_healthy_percent = 0;
    });
  }
  a_service& member_of(std::string expression) {
    return set([&](Service& o) {
      o.spec.placement_constraints.push_back(PlacementConstraint{ConstraintType::member_of, std::move(expression)});
    });
  }
  a_service& strategy(StrategyType type, std::string field = {}) {
    return set([&](Service& o) { o.spec.placement_strategy.push_back(PlacementStrategy{type, std::move(field)}); });
  }
  a_service& restarted_at(std::string time) { return annotation("muster.dev/restartedAt", std::move(time)); }
};

class a_task_set : public Builder<TaskSet, a_task_set> {
 public:
  explicit a_task_set(std::string name) : Builder(std::move(name)) { object_.spec.cluster = "default"; }
  a_task_set& definition(std::string name) {
    return set([&](TaskSet& o) { o.spec.task_definition = std::move(name); });
  }
  a_task_set& service(std::string name) {
    return set([&](TaskSet& o) { o.spec.service = std::move(name); });
  }
  a_task_set& member_of(std::string expression) {
    return set([&](TaskSet& o) {
      o.spec.placement_constraints.push_back(PlacementConstraint{ConstraintType::member_of, std::move(expression)});
    });
  }
  a_task_set& distinct_instance() {
    return set([](TaskSet& o) {
      o.spec.placement_constraints.push_back(PlacementConstraint{ConstraintType::distinct_instance, {}});
    });
  }
  a_task_set& strategy(StrategyType type, std::string field = {}) {
    return set([&](TaskSet& o) { o.spec.placement_strategy.push_back(PlacementStrategy{type, std::move(field)}); });
  }
};

// An unplaced task of `web:1` in the cluster `default`.
class a_task : public Builder<Task, a_task> {
 public:
  explicit a_task(std::string name) : Builder(std::move(name)) {
    object_.spec.task_definition = "web:1";
    object_.spec.cluster = "default";
    object_.status.created_at = t0;
  }
  a_task& definition(std::string name) {
    return set([&](Task& o) { o.spec.task_definition = std::move(name); });
  }
  a_task& cluster(std::string name) {
    return set([&](Task& o) { o.spec.cluster = std::move(name); });
  }
  a_task& group(std::string name) {
    return set([&](Task& o) { o.spec.group = std::move(name); });
  }
  a_task& slot(std::int32_t slot, std::int32_t attempt = 0) {
    return set([&](Task& o) {
      o.spec.slot = slot;
      o.spec.attempt = attempt;
    });
  }
  // Bound to the instance, PENDING.
  a_task& on(std::string instance) {
    return set([&](Task& o) {
      o.spec.container_instance = std::move(instance);
      if (o.status.last_status == LastStatus::provisioning) o.status.last_status = LastStatus::pending;
    });
  }
  a_task& running(Time since = t0) {
    return set([&](Task& o) {
      o.status.last_status = LastStatus::running;
      o.status.started_at = since;
    });
  }
  a_task& health(HealthStatus status) {
    return set([&](Task& o) { o.status.health_status = status; });
  }
  a_task& asked_to_stop(StopCode code = StopCode::user_initiated) {
    return set([&](Task& o) {
      o.spec.desired_status = DesiredStatus::stopped;
      o.spec.stop_code = code;
    });
  }
  a_task& stopped(StopCode code, Time at = t0) {
    return set([&](Task& o) {
      o.status.last_status = LastStatus::stopped;
      o.status.stop_code = code;
      o.status.stopped_at = at;
    });
  }
  a_task& lost() {
    return set([](Task& o) {
      Condition condition;
      condition.type = "Lost";
      condition.status = "True";
      condition.reason = "InstanceLost";
      condition.last_transition_time = t0;
      o.status.conditions.push_back(std::move(condition));
    });
  }
  a_task& member_of(std::string expression) {
    return set([&](Task& o) {
      o.spec.placement_constraints.push_back(PlacementConstraint{ConstraintType::member_of, std::move(expression)});
    });
  }
  a_task& distinct_instance() {
    return set([](Task& o) {
      o.spec.placement_constraints.push_back(PlacementConstraint{ConstraintType::distinct_instance, {}});
    });
  }
  a_task& strategy(StrategyType type, std::string field = {}) {
    return set([&](Task& o) { o.spec.placement_strategy.push_back(PlacementStrategy{type, std::move(field)}); });
  }
};

class a_task_run : public Builder<TaskRun, a_task_run> {
 public:
  explicit a_task_run(std::string name) : Builder(std::move(name)) {
    object_.spec.task_definition = object_.metadata.name;
    object_.spec.cluster = "default";
  }
  a_task_run& definition(std::string name) {
    return set([&](TaskRun& o) { o.spec.task_definition = std::move(name); });
  }
  a_task_run& count(std::int32_t count) {
    return set([&](TaskRun& o) { o.spec.count = count; });
  }
  a_task_run& retries(std::int32_t count) {
    return set([&](TaskRun& o) { o.spec.retries = count; });
  }
  a_task_run& time_to_live(Duration time) {
    return set([&](TaskRun& o) { o.spec.time_to_live = time; });
  }
};

}  // namespace muster::testing
