#include "api/admission/rules.h"

#include <algorithm>
#include <array>

#include "api/base/text.h"
#include "api/schema/describe.h"
#include "api/state/revisions.h"
#include "api/types/builtin.h"
#include "api/types/checks.h"
#include "api/types/cluster.h"
#include "api/types/configuration.h"
#include "api/types/host_access.h"
#include "api/types/host_names.h"
#include "api/types/overrides.h"
#include "api/types/service.h"
#include "api/types/task_run.h"

namespace muster::admission {
namespace {

constexpr std::string_view cluster_annotation = "muster.dev/cluster";
constexpr std::string_view content_finalizer = "kubernetes";  // of a namespace's spec
// Kubernetes' three that always stay, and ours.
constexpr std::array<std::string_view, 4> lasting_namespaces = {"default", "kube-public", "kube-system",
                                                                "muster-system"};

std::string cluster_of(const State& state, std::string_view ns) {
  const auto object = state.get<Namespace>({}, ns);
  if (object == nullptr) return "default";
  const auto found = object->metadata.annotations.find(cluster_annotation);
  return found == object->metadata.annotations.end() ? "default" : found->second;
}

Status fill_cluster(Scope& scope, const Object& object, std::string& cluster) {
  const std::string wanted = cluster_of(scope.state, object.metadata.ns);
  if (cluster.empty()) cluster = wanted;
  if (cluster == wanted) return {};
  return invalid(object, "spec.cluster",
                 str("namespace ", object.metadata.ns, " belongs to cluster ", wanted, ", not ", cluster,
                     ": leave the field out, or use a namespace with the annotation ", cluster_annotation));
}

std::string_view family_of(std::string_view definition) {
  return definition.substr(0, definition.find(':'));
}

// "web" -> the newest ACTIVE revision; "web:3" -> itself when it exists and may be used.
Result<std::shared_ptr<const TaskDefinitionRevision>> resolve(const Scope& scope, const Object& object,
                                                              const std::string& definition) {
  const std::string& ns = object.metadata.ns;
  auto revision = find_revision(scope.state, ns, definition);
  const bool pinned = definition.find(':') != std::string::npos;
  if (revision == nullptr && pinned)
    return invalid(object, "spec.taskDefinition", str("there is no revision ", definition, " in namespace ", ns));
  if (revision == nullptr) {
    return invalid(object, "spec.taskDefinition",
                   str("there is no active revision of a task definition ", definition, " in namespace ", ns));
  }
  if (revision->status.status == RevisionState::inactive)
    return invalid(object, "spec.taskDefinition", str("revision ", definition, " is INACTIVE"));
  return revision;
}

Status first_of(const Object& object, std::vector<Cause> causes) {
  if (causes.empty()) return {};
  Error error = invalid(object, causes.front().field, causes.front().message);
  error.causes = std::move(causes);
  return error;
}

Status check_overrides(const Object& object, const TaskOverride& overrides, const TaskDefinitionRevision& revision) {
  std::vector<Cause> causes;
  check_overrides_of(overrides, revision.spec, revision.metadata.name, Findings(causes, "spec.overrides"));
  return first_of(object, std::move(causes));
}

Status check_power(Scope& scope, const TaskDefinition& definition) {
  const auto ns = scope.state.get<Namespace>({}, definition.metadata.ns);
  if (ns == nullptr) return {};  // nothing can be created there
  std::vector<Cause> causes;
  check_host_access(definition.spec, *ns, Findings(causes, "spec"));
  return first_of(definition, std::move(causes));
}

// Definitions may be older than what their namespace allows now. Tasks of a controller are let in: they say themselves
// why they are not placed, and the controller is not held up.
Status check_power(Scope& scope, const Object& object, const TaskDefinitionRevision& revision) {
  const auto ns = scope.state.get<Namespace>({}, object.metadata.ns);
  if (ns == nullptr || controller_of(object.metadata) != nullptr) return {};
  const std::string why = refused_host_access(revision.spec, *ns);
  if (why.empty()) return {};
  return first_of(object, {Cause{"spec.taskDefinition", str("Forbidden: ", why), "FieldValueForbidden"}});
}

// A run may be written before its definition: then its controller looks, when it makes the first task.
Status complete_run(Scope& scope, TaskRun& run, const Object* stored) {
  if (run.spec.group.empty()) run.spec.group = str("family:", family_of(run.spec.task_definition));
  TRY_VOID(fill_cluster(scope, run, run.spec.cluster));
  if (stored != nullptr) return {};  // overrides are immutable, and the run keeps its revision
  const auto revision = find_revision(scope.state, run.metadata.ns, run.spec.task_definition);
  if (revision == nullptr) return {};
  TRY_VOID(check_overrides(run, run.spec.overrides, *revision));
  return check_power(scope, run, *revision);
}

Status complete_task(Scope& scope, Task& task, const Object* stored) {
  TRY_VOID(fill_cluster(scope, task, task.spec.cluster));
  if (stored == nullptr) {
    TRY(const auto revision, resolve(scope, task, task.spec.task_definition));
    TRY_VOID(check_overrides(task, task.spec.overrides, *revision));
    TRY_VOID(check_power(scope, task, *revision));
    task.spec.task_definition = revision->metadata.name;
  }
  // The manifest a task was made from, applied again: it names the family, and the task keeps its revision.
  if (stored != nullptr) {
    const std::string& revision = static_cast<const Task&>(*stored).spec.task_definition;
    if (task.spec.task_definition == family_of(revision)) task.spec.task_definition = revision;
  }
  if (task.spec.group.empty()) task.spec.group = str("family:", family_of(task.spec.task_definition));
  if (stored != nullptr && task.spec.desired_status == DesiredStatus::stopped &&
      task.spec.stop_code == StopCode::none) {
    task.spec.stop_code = StopCode::user_initiated;
    if (task.spec.stopped_reason.empty()) task.spec.stopped_reason = "Task stopped by user";
  }
  return {};
}

bool is_empty(const State& state, const std::string& ns) {
  bool empty = true;
  for (const Kind& kind : all_kinds()) {
    if (!empty || kind.scope != muster::Scope::namespaced) continue;
    state.each(kind, ns, [&](const ObjectPtr&) { return empty = false; });
  }
  return empty;
}

// What holds a namespace until it is empty is not for writers of manifests, which do not mention it: it stays until the
// namespace is to go and nothing is left in it.
void complete_namespace(const State& state, Namespace& ns, const Object* stored) {
  ns.metadata.labels["kubernetes.io/metadata.name"] = ns.metadata.name;
  if (stored == nullptr) {
    ns.spec.finalizers = {std::string(content_finalizer)};
    ns.status.phase = "Active";
    return;
  }
  const auto& before = static_cast<const Namespace&>(*stored).spec.finalizers;
  const auto held = [](const std::vector<std::string>& names) {
    return std::ranges::count(names, content_finalizer) > 0;
  };
  if (!held(before) || held(ns.spec.finalizers)) return;
  if (!ns.metadata.deleting() || !is_empty(state, ns.metadata.name)) ns.spec.finalizers = before;
}

bool in_use(const State& state, const std::string& ns) {
  bool found = false;
  const auto stop_at_first = [&](const ObjectPtr&) {
    found = true;
    return false;
  };
  for (const Kind* kind : {&kind_of<Service>(), &kind_of<Task>(), &kind_of<TaskRun>()}) {
    if (!found) state.each(*kind, ns, stop_at_first);
  }
  return found;
}

Status check_task(const Task& task, const Task& stored) {
  if (!stored.spec.container_instance.empty() && task.spec.container_instance != stored.spec.container_instance) {
    return invalid(task, "spec.containerInstance", "is set once: a task never moves, a replacement is a new task");
  }
  if (stored.spec.desired_status == DesiredStatus::stopped && task.spec.desired_status == DesiredStatus::running) {
    return invalid(task, "spec.desiredStatus", "goes once from RUNNING to STOPPED and never back");
  }
  if (task.status.last_status < stored.status.last_status) {
    return invalid(
        task, "status.lastStatus",
        str("may not move back from ", name_of(stored.status.last_status), " to ", name_of(task.status.last_status)));
  }
  return {};
}

bool names(const Object& object, std::string_view revision) {
  if (const auto* task = as<Task>(&object)) return task->spec.task_definition == revision && !is_stopped(*task);
  if (const auto* set = as<TaskSet>(&object)) return set->spec.task_definition == revision;
  if (const auto* service = as<Service>(&object)) return service->spec.task_definition == revision;
  if (const auto* run = as<TaskRun>(&object)) {
    return run->status.completed_at == Time{} &&
           (run->spec.task_definition == revision || run->status.task_definition == revision);
  }
  return false;
}

// What needs the revision; null: nothing does. The few kinds come first: the scan of the namespace's tasks is for those
// that nothing else leads to (a task may be in any group, with any owner), and revisions are seldom removed.
ObjectPtr find_user(const State& state, const TaskDefinitionRevision& revision) {
  const std::string& ns = revision.metadata.ns;
  ObjectPtr user;
  const auto look = [&](const ObjectPtr& object) {
    if (names(*object, revision.metadata.name)) user = object;
    return user == nullptr;
  };
  state.each(Index::definition, str(ns, "/", family_of(revision.metadata.name)), look);
  for (const Kind* kind : {&kind_of<TaskSet>(), &kind_of<Task>()}) {
    if (user == nullptr) state.each(*kind, ns, look);
  }
  return user;
}

Status check_revision_removal(const State& state, const TaskDefinitionRevision& revision) {
  // Everything in a namespace that ends goes, in any order, and nothing new begins there.
  const auto ns = state.get<Namespace>({}, revision.metadata.ns);
  if (ns != nullptr && ns->metadata.deleting()) return {};
  const std::string family = str(revision.metadata.ns, "/", family_of(revision.metadata.name));
  bool newest = true;
  state.each(Index::family, family, [&](const ObjectPtr& object) {
    const auto* other = as<TaskDefinitionRevision>(object.get());
    newest = other == nullptr || other->status.revision <= revision.status.revision;
    return newest;
  });
  if (newest) {
    return forbidden(revision, "it is the newest revision of its family and keeps the count: numbers are never reused");
  }
  if (const ObjectPtr user = find_user(state, revision)) {
    return forbidden(revision, str("it is in use by ", user->kind->resource(), " \"", user->metadata.name, "\""));
  }
  return {};
}

// Kubernetes' rule for Secrets and ConfigMaps that say `immutable: true`. Which value differs is not said.
template <class T>
Status check_immutable(const T& object, const T& stored, const Labels& other, const Labels& stored_other,
                       std::string_view other_name) {
  if (!stored.immutable.value_or(false)) return {};
  constexpr std::string_view why = "Forbidden: field is immutable when `immutable` is set";
  if (!object.immutable.value_or(false)) return invalid(object, "immutable", std::string(why));
  if (object.data != stored.data) return invalid(object, "data", std::string(why));
  if (other != stored_other) return invalid(object, std::string(other_name), std::string(why));
  return {};
}

}  // namespace

std::shared_ptr<const Node> with_keys(const Kind& kind, const std::shared_ptr<const Node>& configuration) {
  if (&kind != &kind_of<TaskDefinition>() || configuration == nullptr) return nullptr;
  std::shared_ptr<Node> copy;
  const Node* spec = configuration->find("spec");
  const Node* containers = spec != nullptr ? spec->find("containerDefinitions") : nullptr;
  for (std::size_t i = 0; containers != nullptr && i < containers->items.size(); ++i) {
    const Node* mappings = containers->items[i].find("portMappings");
    for (std::size_t j = 0; mappings != nullptr && j < mappings->items.size(); ++j) {
      const Node& mapping = mappings->items[j];
      const auto span = parse_port_span(mapping.text_of("containerPortRange"));
      if (!span || mapping.find("containerPort") != nullptr) continue;
      if (copy == nullptr) copy = std::make_shared<Node>(*configuration);
      Node& container = copy->at("spec").at("containerDefinitions").items[i];
      container.at("portMappings").items[j].at("containerPort") = Node::of(std::int64_t{span->first});
    }
  }
  return copy;
}

Status complete(Scope& scope, Object& object, const Object* stored) {
  const Kind* kind = object.kind;
  if (kind == &kind_of<Service>()) return fill_cluster(scope, object, static_cast<Service&>(object).spec.cluster);
  if (kind == &kind_of<Task>()) return complete_task(scope, static_cast<Task&>(object), stored);
  if (kind == &kind_of<TaskRun>()) return complete_run(scope, static_cast<TaskRun&>(object), stored);
  if (kind == &kind_of<TaskSet>()) return fill_cluster(scope, object, static_cast<TaskSet&>(object).spec.cluster);
  if (kind == &kind_of<ContainerInstance>()) {
    auto& instance = static_cast<ContainerInstance&>(object);
    if (instance.spec.cluster.empty()) instance.spec.cluster = "default";
    if (scope.state.get<Cluster>({}, instance.spec.cluster) == nullptr) {
      return invalid(object, "spec.cluster", str("there is no cluster ", instance.spec.cluster));
    }
    return {};
  }
  if (kind == &kind_of<TaskDefinition>()) {
    auto& definition = static_cast<TaskDefinition&>(object);
    if (definition.spec.family.empty()) definition.spec.family = definition.metadata.name;
    if (definition.spec.family != definition.metadata.name) {
      return invalid(object, "spec.family", str("must be the name of the TaskDefinition, ", definition.metadata.name));
    }
    // What was let in stays, and can be labelled or deleted, where the namespace allows less by now.
    if (stored != nullptr && static_cast<const TaskDefinition&>(*stored).spec == definition.spec) return {};
    return check_power(scope, definition);
  }
  if (kind == &kind_of<TaskDefinitionRevision>() && stored == nullptr) {
    return forbidden(object, "revisions are made by writing a TaskDefinition");
  }
  if (kind == &kind_of<Namespace>()) complete_namespace(scope.state, static_cast<Namespace&>(object), stored);
  return {};
}

Status check_transition(Scope& scope, const Object& object, const Object& stored) {
  if (const auto* task = as<Task>(&object)) return check_task(*task, static_cast<const Task&>(stored));
  if (const auto* secret = as<Secret>(&object)) {
    return check_immutable(*secret, static_cast<const Secret&>(stored), {}, {}, "stringData");
  }
  if (const auto* map = as<ConfigMap>(&object)) {
    const auto& before = static_cast<const ConfigMap&>(stored);
    return check_immutable(*map, before, map->binary_data, before.binary_data, "binaryData");
  }
  if (object.kind == &kind_of<Namespace>()) {
    const auto cluster = [](const Object& ns) {
      const auto found = ns.metadata.annotations.find(cluster_annotation);
      return found == ns.metadata.annotations.end() ? std::string("default") : found->second;
    };
    if (cluster(object) != cluster(stored) && in_use(scope.state, object.metadata.name)) {
      return invalid(object, str("metadata.annotations[", cluster_annotation, "]"),
                     "is immutable while the namespace holds services, tasks or runs");
    }
  }
  return {};
}

Status check_removal(Scope& scope, const Object& object) {
  if (object.kind == &kind_of<Namespace>() && std::ranges::count(lasting_namespaces, object.metadata.name) > 0) {
    return forbidden(object, "this namespace may not be deleted");
  }
  if (object.kind == &kind_of<Cluster>() && object.metadata.name == "default") {
    return forbidden(object, "the default one always exists");
  }
  if (object.metadata.name == system_namespace && object.kind == &kind_of<Namespace>()) {
    return forbidden(object, "it holds what lets users and agents in, and always exists");
  }
  if (object.kind == &kind_of<Cluster>()) {
    std::size_t instances = 0;
    scope.state.each(Index::cluster, object.metadata.name, [&](const ObjectPtr&) { return ++instances, true; });
    if (instances > 0) return forbidden(object, str("the cluster still has ", instances, " container instances"));
  }
  if (const auto* revision = as<TaskDefinitionRevision>(&object)) return check_revision_removal(scope.state, *revision);
  return {};
}

void make_revision(Scope& scope, Object& object, const Object* stored) {
  if (object.kind != &kind_of<TaskDefinition>()) return;
  auto& definition = static_cast<TaskDefinition&>(object);
  if (stored != nullptr && static_cast<const TaskDefinition*>(stored)->spec == definition.spec) return;
  // The stored count too (a create has none): it knows the numbers of revisions that have gone since. Clients may write
  // a status, so a count that no family reaches is not believed.
  constexpr std::int64_t highest_believed = 1'000'000'000;
  std::int64_t last = definition.status.latest_revision < highest_believed ? definition.status.latest_revision : 0;
  for (const auto& revision : scope.state.list<TaskDefinitionRevision>(
           Index::family, str(definition.metadata.ns, "/", definition.metadata.name))) {
    last = std::max(last, revision->status.revision);
  }
  auto revision = std::make_shared<TaskDefinitionRevision>(make<TaskDefinitionRevision>());
  revision->metadata.ns = definition.metadata.ns;
  revision->metadata.name = str(definition.metadata.name, ":", last + 1);
  revision->metadata.labels = definition.metadata.labels;
  const std::string uid = scope.context.new_uid();
  revision->metadata.uid =
      str(uid.substr(0, 8), "-", uid.substr(8, 4), "-", uid.substr(12, 4), "-", uid.substr(16, 4), "-", uid.substr(20));
  revision->metadata.creation_timestamp = std::chrono::floor<std::chrono::seconds>(scope.context.now);
  revision->metadata.generation = 1;
  revision->spec = definition.spec;
  revision->status.revision = last + 1;
  definition.status.latest_revision = last + 1;
  definition.status.observed_generation = definition.metadata.generation;
  store(scope, std::move(revision));
}

void deactivate_revisions(Scope& scope, const Object& object) {
  if (object.kind != &kind_of<TaskDefinition>()) return;
  for (const auto& revision :
       scope.state.list<TaskDefinitionRevision>(Index::family, str(object.metadata.ns, "/", object.metadata.name))) {
    if (revision->status.status == RevisionState::inactive) continue;
    auto copy = std::make_shared<TaskDefinitionRevision>(*revision);
    copy->status.status = RevisionState::inactive;
    store(scope, std::move(copy));
  }
}

}  // namespace muster::admission
