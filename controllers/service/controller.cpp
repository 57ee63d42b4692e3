#include "controllers/service/controller.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/types/configuration.h"
#include "api/types/eviction.h"
#include "controllers/service/plan.h"
#include "controllers/service/service.h"

namespace muster::service {

namespace {

// The key of the controlling owner, if it is a T.
template <class T>
void add_owner(const Object& object, Keys& keys) {
  const OwnerReference* owner = controller_of(object.metadata);
  if (owner != nullptr && owner->kind == kind_of<T>().kind)
    keys.insert(Key{&kind_of<T>(), object.metadata.ns, owner->name});
}

void add_service_of(const Task& task, const State& state, Keys& keys) {
  const OwnerReference* owner = controller_of(task.metadata);
  if (owner == nullptr || owner->kind != kind_of<TaskSet>().kind) return;
  const auto set = state.get<TaskSet>(task.metadata.ns, owner->name);
  if (set != nullptr && set->metadata.uid == owner->uid) add_owner<Service>(*set, keys);
}

bool same_images(const std::vector<ContainerStatus>& before, const std::vector<ContainerStatus>& after) {
  return std::equal(before.begin(), before.end(), after.begin(), after.end(),
                    [](const ContainerStatus& a, const ContainerStatus& b) {
                      return a.name == b.name && a.image_digest == b.image_digest && a.image_id == b.image_id;
                    });
}

// Whether anything changed that a service's plan reads.
bool matters(const Task* before, const Task* after) {
  if (before == nullptr || after == nullptr) return true;
  return before->status.last_status != after->status.last_status ||
         before->status.health_status != after->status.health_status ||
         before->status.readiness_status != after->status.readiness_status ||
         before->status.started_at != after->status.started_at ||
         before->status.stopped_at != after->status.stopped_at ||
         before->metadata.deletion_timestamp != after->metadata.deletion_timestamp ||
         before->metadata.owner_references != after->metadata.owner_references ||
         before->metadata.annotations.contains(evicted_annotation) !=
             after->metadata.annotations.contains(evicted_annotation) ||
         before->status.conditions != after->status.conditions || before->spec != after->spec ||
         !same_images(before->status.containers, after->status.containers);
}

void add_followers(std::string_view ns, std::string_view definition, const State& state, Keys& keys) {
  const std::string_view family = definition.substr(0, definition.find(':'));
  state.each(Index::definition, str(ns, "/", family), [&](const ObjectPtr& object) {
    if (object->kind == &kind_of<Service>()) keys.insert(key_of(*object));
    return true;
  });
}

bool same_values(const Change& change) {
  return change.before != nullptr && change.after != nullptr &&
         change.before->metadata.uid == change.after->metadata.uid &&
         change.before->metadata.generation == change.after->metadata.generation;
}

// What a DAEMON, or a task on it, can see of an instance.
bool same_to_services(const ContainerInstance* a, const ContainerInstance* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return a->spec.status == b->spec.status && a->spec.cluster == b->spec.cluster && a->metadata.uid == b->metadata.uid &&
         a->metadata.deleting() == b->metadata.deleting() && a->spec.unschedulable == b->spec.unschedulable &&
         a->spec.taints == b->spec.taints && a->spec.attributes == b->spec.attributes &&
         a->status.attributes == b->status.attributes && a->status.version_info == b->status.version_info &&
         a->status.connection == b->status.connection && a->status.agent.connected == b->status.agent.connected &&
         a->status.agent.last_heard == b->status.agent.last_heard &&
         a->status.agent.away_until == b->status.agent.away_until;
}

}  // namespace

void ServiceController::start(const State& state, Keys& keys) {
  notable_.clear();
  daemons_.clear();
  facts_.start(state);
  config_users_.start(state);
  state.each(kind_of<ContainerInstance>(), {}, [&](const ObjectPtr& object) {
    const auto instance = as<ContainerInstance>(object);
    if (is_notable(*instance)) notable_.emplace(instance->metadata.name, instance);
    return true;
  });
  state.each(kind_of<Service>(), {}, [&](const ObjectPtr& object) {
    observe_service(Change{nullptr, object}, keys);
    return true;
  });
}

void ServiceController::observe_service(const Change& change, Keys& keys) {
  const Key key = key_of(change.object());
  if (const auto* before = as<Service>(change.before.get())) {
    const auto found = daemons_.find(before->spec.cluster);
    if (found != daemons_.end()) {
      found->second.erase(key);
      if (found->second.empty()) daemons_.erase(found);
    }
  }
  const auto* after = as<Service>(change.after.get());
  if (after != nullptr && after->spec.scheduling_strategy == SchedulingStrategy::daemon) {
    daemons_[after->spec.cluster].insert(key);
  }
  keys.insert(key);
}

void ServiceController::observe_instance(const Change& change, const State& after, Keys& keys) {
  const auto* before = as<ContainerInstance>(change.before.get());
  const auto now = as<ContainerInstance>(change.after);
  const std::string& name = change.object().metadata.name;
  if (now != nullptr && is_notable(*now)) {
    notable_[name] = now;
  } else {
    notable_.erase(name);
  }
  if (same_to_services(before, now.get())) return;
  after.each(Index::instance, name, [&](const ObjectPtr& object) {
    const auto* task = as<Task>(object.get());
    if (task != nullptr && !is_stopped(*task)) add_service_of(*task, after, keys);
    return true;
  });
  for (const ContainerInstance* each : {before, now.get()}) {
    if (each != nullptr) add_daemons(each->spec.cluster, keys);
  }
}

void ServiceController::add_daemons(std::string_view cluster, Keys& keys) const {
  const auto found = daemons_.find(cluster);
  if (found != daemons_.end()) keys.insert(found->second.begin(), found->second.end());
}

void ServiceController::observe(const Change& change, const State& after, Keys& keys) {
  const Object& object = change.object();
  facts_.observe(change);
  config_users_.observe(change);
  if (object.kind == &kind_of<Task>()) {
    const auto* before = as<Task>(change.before.get());
    const auto* now = as<Task>(change.after.get());
    if (matters(before, now)) {
      add_service_of(static_cast<const Task&>(object), after, keys);
      // Daemons wait on a draining instance until the others have left.
      if ((now == nullptr || is_stopped(*now)) &&
          notable_.count(static_cast<const Task&>(object).spec.container_instance) != 0) {
        add_daemons(static_cast<const Task&>(object).spec.cluster, keys);
      }
      if (before != nullptr && now != nullptr) add_service_of(*before, after, keys);
    }
  } else if (object.kind == &kind_of<Service>()) {
    observe_service(change, keys);
  } else if (object.kind == &kind_of<TaskSet>()) {
    add_owner<Service>(object, keys);
  } else if (object.kind == &kind_of<TaskDefinitionRevision>() || object.kind == &kind_of<TaskDefinition>()) {
    add_followers(object.metadata.ns, object.metadata.name, after, keys);
  } else if (object.kind == &kind_of<Secret>() || object.kind == &kind_of<ConfigMap>()) {
    if (!same_values(change)) config_users_.add_users(key_of(object), after, keys);
  } else if (object.kind == &kind_of<ContainerInstance>()) {
    observe_instance(change, after, keys);
  }
}

Plan ServiceController::plan(const State& state, const Key& key, const Context& context) {
  const auto found = state.get<Service>(key.ns, key.name);
  return found == nullptr ? Plan{} : service::plan(state, *found, facts_, notable_, context);
}

}  // namespace muster::service

namespace muster {

std::unique_ptr<Controller> make_service_controller() {
  return std::make_unique<service::ServiceController>();
}

}  // namespace muster
