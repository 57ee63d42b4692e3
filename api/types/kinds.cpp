#include "api/types/kinds.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/schema/describe.h"
#include "api/types/builtin.h"
#include "api/types/checks.h"
#include "api/types/cluster.h"
#include "api/types/columns.h"
#include "api/types/configuration.h"
#include "api/types/custom_resource.h"
#include "api/types/endpoint_slice.h"
#include "api/types/node_view.h"
#include "api/types/pod.h"
#include "api/types/rbac.h"
#include "api/types/service.h"
#include "api/types/task_run.h"
#include "api/types/usage.h"

namespace muster {
namespace {

constexpr std::string_view our_group = "muster.dev";
constexpr std::string_view our_version = "v1beta1";

// The position of a struct's row; the order is that of documentation and discovery.
template <class T>
constexpr std::uint8_t position = 0;
template <>
constexpr std::uint8_t position<Service> = 0;
template <>
constexpr std::uint8_t position<TaskDefinition> = 1;
template <>
constexpr std::uint8_t position<TaskDefinitionRevision> = 2;
template <>
constexpr std::uint8_t position<TaskSet> = 3;
template <>
constexpr std::uint8_t position<Task> = 4;
template <>
constexpr std::uint8_t position<TaskRun> = 5;
template <>
constexpr std::uint8_t position<ContainerInstance> = 6;
template <>
constexpr std::uint8_t position<Cluster> = 7;
template <>
constexpr std::uint8_t position<Namespace> = 8;
template <>
constexpr std::uint8_t position<Event> = 9;
template <>
constexpr std::uint8_t position<Lease> = 10;
template <>
constexpr std::uint8_t position<Secret> = 11;
template <>
constexpr std::uint8_t position<ConfigMap> = 12;
template <>
constexpr std::uint8_t position<ServiceAccount> = 13;
template <>
constexpr std::uint8_t position<Role> = 14;
template <>
constexpr std::uint8_t position<ClusterRole> = 15;
template <>
constexpr std::uint8_t position<RoleBinding> = 16;
template <>
constexpr std::uint8_t position<ClusterRoleBinding> = 17;
template <>
constexpr std::uint8_t position<CustomResourceDefinition> = 18;
constexpr std::size_t stored_kinds = 19;
template <>
constexpr std::uint8_t position<view::Pod> = 19;
template <>
constexpr std::uint8_t position<view::Node> = 20;
template <>
constexpr std::uint8_t position<view::EndpointSlice> = 21;
template <>
constexpr std::uint8_t position<view::PodMetrics> = 22;
template <>
constexpr std::uint8_t position<view::NodeMetrics> = 23;

// The row with everything that follows from the struct alone.
template <class T>
Kind row() {
  Kind kind;
  kind.index = position<T>;
  kind.type = &type_of<T>;
  kind.make = []() -> std::shared_ptr<Object> { return std::make_shared<T>(muster::make<T>()); };
  kind.copy = [](const Object& object) -> std::shared_ptr<Object> {
    return std::make_shared<T>(static_cast<const T&>(object));
  };
  kind.fields = [](Object& object) -> void* { return static_cast<T*>(&object); };
  kind.check = [](const Object& object, std::vector<Cause>& causes) {
    if constexpr (requires(const T& value, const Findings& findings) { muster::check(value, findings); }) {
      muster::check(static_cast<const T&>(object), Findings(causes));
    }
  };
  kind.defaults = [](Object& object) {
    if constexpr (requires(T & value) { muster::apply_defaults(value); }) {
      muster::apply_defaults(static_cast<T&>(object));
    }
  };
  kind.has_status = requires(const T& value) {
    value.status;
  };
  return kind;
}

template <class T>
Kind our_row(std::string_view name, std::string_view plural, std::string_view singular,
             std::vector<std::string_view> short_names, std::vector<Column> columns) {
  Kind kind = row<T>();
  kind.group = our_group;
  kind.version = our_version;
  kind.kind = name;
  kind.plural = plural;
  kind.singular = singular;
  kind.short_names = std::move(short_names);
  kind.categories = {"muster"};
  kind.columns = std::move(columns);
  return kind;
}

// `kubectl get all` shows what a user works with in a namespace.
Kind in_all(Kind kind) {
  kind.categories.insert(kind.categories.begin(), "all");
  return kind;
}

Kind cluster_wide(Kind kind) {
  kind.scope = Scope::cluster;
  return kind;
}

template <class T>
Kind native_row(std::string_view group, std::string_view name, std::string_view plural, std::string_view singular,
                std::vector<std::string_view> short_names, std::vector<Column> columns) {
  Kind kind = our_row<T>(name, plural, singular, std::move(short_names), std::move(columns));
  kind.group = group;
  kind.version = "v1";
  kind.categories.clear();
  kind.name_rule = NameRule::dns_subdomain;
  return kind;
}

template <class T>
Kind rbac_row(std::string_view name, std::string_view plural, std::string_view singular, std::vector<Column> columns) {
  Kind kind = native_row<T>(rbac_group, name, plural, singular, {}, std::move(columns));
  kind.name_rule = NameRule::path_segment;
  return kind;
}

// The view of objects of the kind Source. Nothing of it is stored, so it has no status of its own to write.
template <class T, class Source>
Kind view_row(std::string_view group, std::string_view name, std::string_view plural, std::string_view singular,
              std::vector<std::string_view> short_names, std::vector<Column> columns) {
  Kind kind = native_row<T>(group, name, plural, singular, std::move(short_names), std::move(columns));
  kind.source = &kind_of<Source>;
  kind.has_status = false;
  kind.shows_age = false;  // its own columns name it where it belongs
  kind.verbs = {"get", "list", "watch"};
  return kind;
}

// What is measured: there is nothing to watch, every answer is new.
template <class T, class Source>
Kind metrics_row(std::string_view name, std::string_view plural, std::string_view singular,
                 std::vector<Column> columns) {
  Kind kind = view_row<T, Source>("metrics.k8s.io", name, plural, singular, {}, std::move(columns));
  kind.version = "v1beta1";
  kind.verbs = {"get", "list"};
  return kind;
}

std::vector<Kind> make_rows() {
  std::vector<Kind> rows;
  rows.push_back(in_all(our_row<Service>("Service", "services", "service", {"svc"}, service_columns())));
  rows.back().has_scale = true;
  rows.push_back(in_all(our_row<TaskDefinition>("TaskDefinition", "taskdefinitions", "taskdefinition", {"td"},
                                                task_definition_columns())));
  rows.push_back(our_row<TaskDefinitionRevision>("TaskDefinitionRevision", "taskdefinitionrevisions",
                                                 "taskdefinitionrevision", {"tdr"},
                                                 task_definition_revision_columns()));
  rows.back().name_rule = NameRule::revision;
  rows.push_back(our_row<TaskSet>("TaskSet", "tasksets", "taskset", {"ts"}, task_set_columns()));
  rows.push_back(in_all(our_row<Task>("Task", "tasks", "task", {}, task_columns())));
  rows.push_back(in_all(our_row<TaskRun>("TaskRun", "taskruns", "taskrun", {"tr"}, task_run_columns())));
  rows.push_back(cluster_wide(our_row<ContainerInstance>("ContainerInstance", "containerinstances", "containerinstance",
                                                         {"ci"}, container_instance_columns())));
  rows.push_back(cluster_wide(our_row<Cluster>("Cluster", "clusters", "cluster", {}, cluster_columns())));
  rows.push_back(
      cluster_wide(native_row<Namespace>("", "Namespace", "namespaces", "namespace", {"ns"}, namespace_columns())));
  rows.back().name_rule = NameRule::dns_label;
  // As in Kubernetes, nobody ends all namespaces with one request.
  rows.back().verbs = {"create", "delete", "get", "list", "patch", "update", "watch"};
  rows.push_back(native_row<Event>("", "Event", "events", "event", {"ev"}, event_columns()));
  rows.push_back(native_row<Lease>("coordination.k8s.io", "Lease", "leases", "lease", {}, lease_columns()));
  rows.push_back(native_row<Secret>("", "Secret", "secrets", "secret", {}, secret_columns()));
  rows.push_back(native_row<ConfigMap>("", "ConfigMap", "configmaps", "configmap", {"cm"}, config_map_columns()));
  rows.push_back(native_row<ServiceAccount>("", "ServiceAccount", "serviceaccounts", "serviceaccount", {"sa"},
                                            service_account_columns()));
  rows.push_back(rbac_row<Role>("Role", "roles", "role", role_columns()));
  rows.back().shows_age = false;
  rows.push_back(cluster_wide(rbac_row<ClusterRole>("ClusterRole", "clusterroles", "clusterrole", role_columns())));
  rows.back().shows_age = false;
  rows.push_back(rbac_row<RoleBinding>("RoleBinding", "rolebindings", "rolebinding", role_binding_columns()));
  rows.push_back(cluster_wide(rbac_row<ClusterRoleBinding>("ClusterRoleBinding", "clusterrolebindings",
                                                           "clusterrolebinding", cluster_role_binding_columns())));
  rows.push_back(cluster_wide(native_row<CustomResourceDefinition>(
      "apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions", "customresourcedefinition",
      {"crd", "crds"}, role_columns())));
  rows.back().shows_age = false;
  rows.back().verbs = {"get", "list", "watch"};

  rows.push_back(view_row<view::Pod, Task>("", "Pod", "pods", "pod", {"po"}, pod_columns()));
  rows.back().verbs = {"delete", "get", "list", "watch"};
  rows.push_back(
      cluster_wide(view_row<view::Node, ContainerInstance>("", "Node", "nodes", "node", {"no"}, node_columns())));
  rows.back().verbs = {"get", "list", "patch", "update", "watch"};
  rows.push_back(view_row<view::EndpointSlice, Task>("discovery.k8s.io", "EndpointSlice", "endpointslices",
                                                     "endpointslice", {}, endpoint_slice_columns()));
  rows.push_back(metrics_row<view::PodMetrics, Task>("PodMetrics", "pods", "pod", pod_metrics_columns()));
  rows.push_back(cluster_wide(
      metrics_row<view::NodeMetrics, ContainerInstance>("NodeMetrics", "nodes", "node", node_metrics_columns())));
  return rows;
}

const std::vector<Kind>& rows() {
  static const std::vector<Kind> all = make_rows();
  return all;
}

bool is_called(const Kind& kind, std::string_view word) {
  return word == kind.plural || word == kind.singular || word == to_lower(kind.kind) ||
         std::find(kind.short_names.begin(), kind.short_names.end(), word) != kind.short_names.end();
}

}  // namespace

std::string Kind::api_version() const {
  return group.empty() ? std::string(version) : str(group, '/', version);
}

std::string Kind::resource() const {
  return group.empty() ? std::string(plural) : str(plural, '.', group);
}

std::span<const Kind> all_kinds() {
  return std::span(rows()).first(stored_kinds);
}

std::span<const Kind> served_kinds() {
  return rows();
}

const Kind* find_kind(std::string_view word) {
  const std::string lower = to_lower(word);
  const std::string_view text = lower;
  const auto dot = text.find('.');
  const std::string_view name = text.substr(0, dot);
  for (const Kind& kind : all_kinds()) {
    if (!is_called(kind, name)) continue;
    if (dot == std::string_view::npos) return &kind;
    const std::string_view rest = text.substr(dot + 1);
    if (rest == kind.group || rest == str(kind.version, '.', kind.group)) return &kind;
  }
  return nullptr;
}

const Kind* find_kind(std::string_view api_version, std::string_view name) {
  for (const Kind& kind : all_kinds()) {
    if (kind.kind == name && kind.api_version() == api_version) return &kind;
  }
  return nullptr;
}

const Kind* find_resource(std::string_view group, std::string_view version, std::string_view plural) {
  for (const Kind& kind : rows()) {
    if (kind.plural == plural && kind.group == group && kind.version == version) return &kind;
  }
  return nullptr;
}

template <>
const Kind& kind_of<Service>() {
  return rows()[position<Service>];
}
template <>
const Kind& kind_of<TaskDefinition>() {
  return rows()[position<TaskDefinition>];
}
template <>
const Kind& kind_of<TaskDefinitionRevision>() {
  return rows()[position<TaskDefinitionRevision>];
}
template <>
const Kind& kind_of<TaskSet>() {
  return rows()[position<TaskSet>];
}
template <>
const Kind& kind_of<Task>() {
  return rows()[position<Task>];
}
template <>
const Kind& kind_of<TaskRun>() {
  return rows()[position<TaskRun>];
}
template <>
const Kind& kind_of<ContainerInstance>() {
  return rows()[position<ContainerInstance>];
}
template <>
const Kind& kind_of<Cluster>() {
  return rows()[position<Cluster>];
}
template <>
const Kind& kind_of<Namespace>() {
  return rows()[position<Namespace>];
}
template <>
const Kind& kind_of<Event>() {
  return rows()[position<Event>];
}
template <>
const Kind& kind_of<Lease>() {
  return rows()[position<Lease>];
}
template <>
const Kind& kind_of<Secret>() {
  return rows()[position<Secret>];
}
template <>
const Kind& kind_of<ConfigMap>() {
  return rows()[position<ConfigMap>];
}
template <>
const Kind& kind_of<ServiceAccount>() {
  return rows()[position<ServiceAccount>];
}
template <>
const Kind& kind_of<Role>() {
  return rows()[position<Role>];
}
template <>
const Kind& kind_of<ClusterRole>() {
  return rows()[position<ClusterRole>];
}
template <>
const Kind& kind_of<RoleBinding>() {
  return rows()[position<RoleBinding>];
}
template <>
const Kind& kind_of<ClusterRoleBinding>() {
  return rows()[position<ClusterRoleBinding>];
}
template <>
const Kind& kind_of<CustomResourceDefinition>() {
  return rows()[position<CustomResourceDefinition>];
}
template <>
const Kind& kind_of<view::Pod>() {
  return rows()[position<view::Pod>];
}
template <>
const Kind& kind_of<view::Node>() {
  return rows()[position<view::Node>];
}
template <>
const Kind& kind_of<view::EndpointSlice>() {
  return rows()[position<view::EndpointSlice>];
}

template <>
const Kind& kind_of<view::PodMetrics>() {
  return rows()[position<view::PodMetrics>];
}
template <>
const Kind& kind_of<view::NodeMetrics>() {
  return rows()[position<view::NodeMetrics>];
}

bool is_ours(const Kind& kind) {
  return kind.group == our_group;
}

std::string view_sentence(const Kind& view) {
  if (view.source == nullptr) {
    return str(view.plural, " describe the kinds of this server, which makes them: nobody adds kinds by writing one");
  }
  std::string out = str(view.plural, " are a view of ", view.source().resource(), ": ");
  if (&view == &kind_of<view::Pod>()) return out + "create a TaskRun or a Service instead";
  if (&view == &kind_of<view::Node>()) {
    return out +
           "only labels, annotations, spec.unschedulable and spec.taints can be changed here; an agent that joins "
           "makes a new one";
  }
  if (view.group == "metrics.k8s.io") return out + "agents measure them, and they can be read only";
  return out + "they follow the health of the tasks of a Service";
}

}  // namespace muster
