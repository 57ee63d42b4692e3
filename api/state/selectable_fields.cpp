#include <span>

#include "api/schema/describe.h"
#include "api/state/selector.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/configuration.h"
#include "api/types/node_view.h"
#include "api/types/pod.h"
#include "api/types/service.h"

namespace muster {

namespace {

const Task& task(const Object& object) {
  return static_cast<const Task&>(object);
}
const Event& event(const Object& object) {
  return static_cast<const Event&>(object);
}
const view::Pod& pod(const Object& object) {
  return static_cast<const view::Pod&>(object);
}
const ContainerInstance& instance(const Object& object) {
  return static_cast<const ContainerInstance&>(object);
}

std::string text(bool value) {
  return value ? "true" : "false";
}

constexpr SelectableField of_all[] = {
    {"metadata.name", [](const Object& object) { return object.metadata.name; }},
    {"metadata.namespace", [](const Object& object) { return object.metadata.ns; }},
};
constexpr SelectableField of_tasks[] = {
    {"spec.containerInstance", [](const Object& object) { return task(object).spec.container_instance; }},
    {"spec.group", [](const Object& object) { return task(object).spec.group; }},
    {"spec.taskDefinition", [](const Object& object) { return task(object).spec.task_definition; }},
    {"spec.desiredStatus", [](const Object& object) { return std::string(name_of(task(object).spec.desired_status)); }},
    {"status.lastStatus", [](const Object& object) { return std::string(name_of(task(object).status.last_status)); }},
};
constexpr SelectableField of_task_sets[] = {
    {"spec.service", [](const Object& object) { return static_cast<const TaskSet&>(object).spec.service; }},
};
constexpr SelectableField of_events[] = {
    {"involvedObject.kind", [](const Object& object) { return event(object).involved_object.kind; }},
    {"involvedObject.namespace", [](const Object& object) { return event(object).involved_object.ns; }},
    {"involvedObject.name", [](const Object& object) { return event(object).involved_object.name; }},
    {"involvedObject.uid", [](const Object& object) { return event(object).involved_object.uid; }},
    {"involvedObject.apiVersion", [](const Object& object) { return event(object).involved_object.api_version; }},
    {"involvedObject.resourceVersion",
     [](const Object& object) { return event(object).involved_object.resource_version; }},
    {"involvedObject.fieldPath", [](const Object& object) { return event(object).involved_object.field_path; }},
    {"reason", [](const Object& object) { return event(object).reason; }},
    {"reportingComponent", [](const Object& object) { return event(object).reporting_component; }},
    // Kubernetes: by the component that the older form of events names, or the newer one.
    {"source",
     [](const Object& object) {
       const Event& of = event(object);
       return of.source.component.empty() ? of.reporting_component : of.source.component;
     }},
    {"type", [](const Object& object) { return event(object).type; }},
};
constexpr SelectableField of_instances[] = {
    {"spec.cluster", [](const Object& object) { return instance(object).spec.cluster; }},
    {"status.connection",
     [](const Object& object) { return std::string(name_of(instance(object).status.connection)); }},
};
constexpr SelectableField of_pods[] = {
    {"spec.nodeName", [](const Object& object) { return pod(object).spec.node_name; }},
    {"spec.restartPolicy", [](const Object& object) { return pod(object).spec.restart_policy; }},
    {"status.phase", [](const Object& object) { return pod(object).status.phase; }},
    {"status.podIP", [](const Object& object) { return pod(object).status.pod_ip; }},
    {"spec.hostNetwork", [](const Object& object) { return text(pod(object).spec.host_network); }},
    // What a task has none of.
    {"spec.serviceAccountName", [](const Object&) { return std::string(); }},
    {"spec.schedulerName", [](const Object&) { return std::string(); }},
    {"status.nominatedNodeName", [](const Object&) { return std::string(); }},
};
constexpr SelectableField of_nodes[] = {
    {"spec.unschedulable",
     [](const Object& object) { return text(static_cast<const view::Node&>(object).spec.unschedulable); }},
};
constexpr SelectableField of_secrets[] = {
    {"type", [](const Object& object) { return static_cast<const Secret&>(object).type; }},
};
constexpr SelectableField of_namespaces[] = {
    {"status.phase", [](const Object& object) { return static_cast<const Namespace&>(object).status.phase; }},
};

std::span<const SelectableField> own_fields(const Kind& kind) {
  if (&kind == &kind_of<Task>()) return of_tasks;
  if (&kind == &kind_of<TaskSet>()) return of_task_sets;
  if (&kind == &kind_of<Event>()) return of_events;
  if (&kind == &kind_of<ContainerInstance>()) return of_instances;
  if (&kind == &kind_of<view::Pod>()) return of_pods;
  if (&kind == &kind_of<view::Node>()) return of_nodes;
  if (&kind == &kind_of<Secret>()) return of_secrets;
  if (&kind == &kind_of<Namespace>()) return of_namespaces;
  return {};
}

}  // namespace

std::vector<SelectableField> selectable_fields(const Kind& kind) {
  std::vector<SelectableField> fields(std::begin(of_all), std::end(of_all));
  const std::span<const SelectableField> own = own_fields(kind);
  fields.insert(fields.end(), own.begin(), own.end());
  return fields;
}

std::optional<std::string> field_value(const Object& object, std::string_view field) {
  for (const SelectableField& candidate : of_all) {
    if (candidate.name == field) return candidate.value(object);
  }
  for (const SelectableField& candidate : own_fields(*object.kind)) {
    if (candidate.name == field) return candidate.value(object);
  }
  return std::nullopt;
}

}  // namespace muster
