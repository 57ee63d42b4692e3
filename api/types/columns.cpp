#include "api/types/columns.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/schema/describe.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/configuration.h"
#include "api/types/rbac.h"
#include "api/types/service.h"
#include "api/types/task_run.h"

namespace muster {
namespace {

template <class T>
const T& real(const Object& object) {
  return static_cast<const T&>(object);
}

// A column whose cell is `text(const T&)`.
template <class T, auto Cell>
Column column(std::string_view name, std::string_view doc, int priority = 0, std::string_view type = "string") {
  return {name, doc, type, priority, [](const Object& object, Time) { return std::string(Cell(real<T>(object))); }};
}

template <class T, auto Cell>
Column count(std::string_view name, std::string_view doc, int priority = 0) {
  return {name, doc, "integer", priority, [](const Object& object, Time) { return str(Cell(real<T>(object))); }};
}

// The same, of a cell that shows the field at the path as it is.
Column shows(std::string_view path, Column column) {
  column.path = path;
  return column;
}

std::string images(const TaskDefinitionSpec& spec) {
  std::vector<std::string> all;
  all.reserve(spec.container_definitions.size());
  for (const ContainerDefinition& container : spec.container_definitions) all.push_back(container.image);
  return join(all, ",");
}

const InstanceResource* find(const std::vector<InstanceResource>& resources, std::string_view name) {
  const auto found = std::find_if(resources.begin(), resources.end(),
                                  [name](const InstanceResource& resource) { return resource.name == name; });
  return found == resources.end() ? nullptr : &*found;
}

// "3072/4096": what is left, of what there is.
std::string left_of(const ContainerInstanceStatus& status, std::string_view name) {
  const InstanceResource* registered = find(status.registered_resources, name);
  const InstanceResource* remaining = find(status.remaining_resources, name);
  if (registered == nullptr) return "";
  return str((remaining != nullptr ? remaining : registered)->integer_value, '/', registered->integer_value);
}

std::string_view state_of(const ContainerInstance& instance) {
  if (instance.spec.status == InstanceState::draining) return "DRAINING";
  return instance.spec.unschedulable ? "CORDONED" : "ACTIVE";
}

// "CannotPullContainerError: manifest unknown" -> "CannotPullContainer".
std::string_view error_name(std::string_view reason) {
  const std::string_view name = reason.substr(0, reason.find(':'));
  constexpr std::string_view suffix = "Error";
  if (name.find(' ') != std::string_view::npos || !name.ends_with(suffix)) return {};
  return name.substr(0, name.size() - suffix.size());
}

// The container that tells best why the task ended: one that failed, else one that ended.
const ContainerStatus* culprit(const Task& task) {
  const ContainerStatus* ended = nullptr;
  for (const ContainerStatus& container : task.status.containers) {
    if (!container.exit_code && container.reason.empty()) continue;
    if (!container.reason.empty() || *container.exit_code != 0) return &container;
    if (ended == nullptr) ended = &container;
  }
  return ended;
}

std::string exit_text(const Task& task) {
  const ContainerStatus* container = culprit(task);
  return container != nullptr && container->exit_code ? str(*container->exit_code) : "";
}

// Why the task is not simply running, in a word or two.
std::string short_reason(const Task& task) {
  if (is_lost(task)) return "instance lost";
  if (!is_stopped(task)) {
    const Condition* placed = find_condition(task.status.conditions, "Placed");
    if (placed != nullptr && placed->status == "False") return placed->reason;
    return task.status.health_status == HealthStatus::unhealthy ? "unhealthy" : "";
  }
  const ContainerStatus* container = culprit(task);
  if (container != nullptr && !error_name(container->reason).empty()) return std::string(error_name(container->reason));
  switch (task.status.stop_code) {
    case StopCode::user_initiated: return "stopped by user";
    case StopCode::service_scheduler_initiated: return "stopped by service";
    case StopCode::termination_notice: return "host going away";
    case StopCode::task_failed_to_start: return "failed to start";
    case StopCode::essential_container_exited:
    case StopCode::none: break;
  }
  return exit_text(task).empty() ? "" : "exit " + exit_text(task);
}

std::string long_reason(const Task& task) {
  if (is_stopped(task)) {
    const ContainerStatus* container = culprit(task);
    const std::string& reason = task.status.stopped_reason;
    if (container == nullptr || container->reason.empty() || reason == container->reason) return reason;
    return reason.empty() ? container->reason : str(reason, " (", container->name, ": ", container->reason, ")");
  }
  for (const std::string_view type : {"Lost", "Placed"}) {
    const Condition* condition = find_condition(task.status.conditions, type);
    if (condition != nullptr && (condition->status == "True") == (type == "Lost")) return condition->message;
  }
  return "";
}

std::string_view rollout(const Service& service) {
  return service.status.deployments.empty() ? std::string_view()
                                            : name_of(service.status.deployments.front().rollout_state);
}

std::string_view state_of(const TaskRun& run) {
  const Condition* succeeded = find_condition(run.status.conditions, "Succeeded");
  if (succeeded != nullptr && succeeded->status == "True") return "SUCCEEDED";
  if (succeeded != nullptr && succeeded->status == "False") return "FAILED";
  return run.status.running_count > 0 ? "RUNNING" : "PENDING";
}

std::string role_text(const RoleRef& role) {
  return str(role.kind, '/', role.name);
}

// The names of the subjects of one kind.
std::string subjects_text(const std::vector<Subject>& subjects, std::string_view kind) {
  std::vector<std::string> names;
  for (const Subject& subject : subjects) {
    if (subject.kind == kind) names.push_back(subject.ns.empty() ? subject.name : str(subject.ns, '/', subject.name));
  }
  return join(names, ", ");
}

template <class Binding>
std::vector<Column> binding_columns() {
  return {
      column<Binding, [](const Binding& binding) { return role_text(binding.role_ref); }>("Role", "The role."),
      column<Binding, [](const Binding& binding) { return subjects_text(binding.subjects, "User"); }>(
          "Users", "The users that have it.", 1),
      column<Binding, [](const Binding& binding) { return subjects_text(binding.subjects, "Group"); }>(
          "Groups", "The groups that have it.", 1),
      column<Binding, [](const Binding& binding) { return subjects_text(binding.subjects, "ServiceAccount"); }>(
          "ServiceAccounts", "The service accounts that have it.", 1),
  };
}

Time last_seen(const Event& event) {
  for (const Time time : {event.last_timestamp, event.event_time, event.first_timestamp}) {
    if (is_set(time)) return time;
  }
  return event.metadata.creation_timestamp;
}

}  // namespace

std::vector<Column> cluster_columns() {
  return {
      shows(".status.status",
            column<Cluster, [](const Cluster& cluster) { return cluster.status.status; }>("Status", "ACTIVE.")),
      shows(".status.registeredContainerInstancesCount",
            count<Cluster, [](const Cluster& cluster) { return cluster.status.registered_container_instances_count; }>(
                "Instances", "Its hosts.")),
      shows(".status.activeServicesCount",
            count<Cluster, [](const Cluster& cluster) { return cluster.status.active_services_count; }>(
                "Services", "Its services.")),
      shows(".status.runningTasksCount",
            count<Cluster, [](const Cluster& cluster) { return cluster.status.running_tasks_count; }>(
                "Running", "Tasks that run.")),
      shows(".status.pendingTasksCount",
            count<Cluster, [](const Cluster& cluster) { return cluster.status.pending_tasks_count; }>(
                "Pending", "Tasks that are waiting.")),
  };
}

std::vector<Column> container_instance_columns() {
  using Instance = ContainerInstance;
  return {
      column<Instance, [](const Instance& instance) { return state_of(instance); }>("Status",
                                                                                    "ACTIVE, CORDONED or DRAINING."),
      shows(".status.connection",
            column<Instance, [](const Instance& instance) { return name_of(instance.status.connection); }>(
                "Connection", "Whether the agent is heard.")),
      column<Instance, [](const Instance& instance) { return left_of(instance.status, "CPU"); }>(
          "CPU", "Units that are left, of those registered."),
      column<Instance, [](const Instance& instance) { return left_of(instance.status, "MEMORY"); }>(
          "Memory", "MiB that are left, of those registered."),
      count<Instance,
            [](const Instance& instance) {
              return instance.status.running_tasks_count + instance.status.pending_tasks_count;
            }>("Tasks", "Tasks that run or start there."),
      shows(".spec.cluster", column<Instance, [](const Instance& instance) { return instance.spec.cluster; }>(
                                 "Cluster", "Its cluster.", 1)),
      shows(".status.address", column<Instance, [](const Instance& instance) { return instance.status.address; }>(
                                   "Address", "Where published ports answer.", 1)),
      shows(".status.versionInfo.agentVersion",
            column<Instance, [](const Instance& instance) { return instance.status.version_info.agent_version; }>(
                "Agent", "The version of the agent.", 1)),
      shows(".status.versionInfo.dockerVersion",
            column<Instance, [](const Instance& instance) { return instance.status.version_info.docker_version; }>(
                "Engine", "The container engine.", 1)),
  };
}

std::vector<Column> task_definition_columns() {
  using Definition = TaskDefinition;
  return {
      shows(".status.latestRevision",
            count<Definition, [](const Definition& definition) { return definition.status.latest_revision; }>(
                "Revision", "The newest revision.")),
      count<Definition, [](const Definition& definition) { return definition.spec.container_definitions.size(); }>(
          "Containers", "How many containers a task has."),
      shows(".spec.networkMode",
            column<Definition, [](const Definition& definition) { return name_of(definition.spec.network_mode); }>(
                "Network", "The network mode.")),
      column<Definition, [](const Definition& definition) { return images(definition.spec); }>("Images", "Its images.",
                                                                                               1),
  };
}

std::vector<Column> task_definition_revision_columns() {
  using Revision = TaskDefinitionRevision;
  return {
      shows(".status.status",
            column<Revision, [](const Revision& revision) { return name_of(revision.status.status); }>(
                "Status", "ACTIVE or INACTIVE.")),
      count<Revision, [](const Revision& revision) { return revision.spec.container_definitions.size(); }>(
          "Containers", "How many containers a task has."),
      shows(".spec.networkMode",
            column<Revision, [](const Revision& revision) { return name_of(revision.spec.network_mode); }>(
                "Network", "The network mode.")),
      column<Revision, [](const Revision& revision) { return images(revision.spec); }>("Images", "Its images.", 1),
  };
}

std::vector<Column> service_columns() {
  return {
      count<Service,
            [](const Service& service) {
              const bool daemon = service.spec.scheduling_strategy == SchedulingStrategy::daemon;
              return daemon ? service.status.desired_count : service.spec.desired_count;
            }>("Desired", "Tasks that are wanted."),
      shows(".status.runningCount", count<Service, [](const Service& service) { return service.status.running_count; }>(
                                        "Running", "Tasks that run.")),
      shows(".status.pendingCount", count<Service, [](const Service& service) { return service.status.pending_count; }>(
                                        "Pending", "Tasks that are starting.")),
      column<Service,
             [](const Service& service) {
               return service.status.task_definition.empty() ? service.spec.task_definition
                                                             : service.status.task_definition;
             }>("Definition", "The revision that is rolled out."),
      column<Service, [](const Service& service) { return rollout(service); }>("Rollout", "How far the rollout is."),
      shows(".status.healthyCount", count<Service, [](const Service& service) { return service.status.healthy_count; }>(
                                        "Healthy", "Tasks that are healthy.", 1)),
      shows(".spec.schedulingStrategy",
            column<Service, [](const Service& service) { return name_of(service.spec.scheduling_strategy); }>(
                "Strategy", "REPLICA or DAEMON.", 1)),
  };
}

std::vector<Column> task_set_columns() {
  return {
      shows(".status.status", column<TaskSet, [](const TaskSet& set) { return name_of(set.status.status); }>(
                                  "Status", "PRIMARY, ACTIVE or INACTIVE.")),
      shows(".status.desiredCount", count<TaskSet, [](const TaskSet& set) { return set.status.desired_count; }>(
                                        "Desired", "Tasks that are wanted.")),
      shows(".status.runningCount",
            count<TaskSet, [](const TaskSet& set) { return set.status.running_count; }>("Running", "Tasks that run.")),
      shows(".status.pendingCount", count<TaskSet, [](const TaskSet& set) { return set.status.pending_count; }>(
                                        "Pending", "Tasks that are starting.", 1)),
      shows(".spec.taskDefinition", column<TaskSet, [](const TaskSet& set) { return set.spec.task_definition; }>(
                                        "Definition", "The revision.")),
      shows(".status.rolloutState",
            column<TaskSet, [](const TaskSet& set) { return name_of(set.status.rollout_state); }>(
                "Rollout", "How far the rollout is.")),
      shows(".status.failedTasks", count<TaskSet, [](const TaskSet& set) { return set.status.failed_tasks; }>(
                                       "Failed", "Failures in a row.", 1)),
      shows(".status.rolloutStateReason",
            column<TaskSet, [](const TaskSet& set) { return set.status.rollout_state_reason; }>("Reason", "Why.", 1)),
  };
}

std::vector<Column> task_columns() {
  return {
      shows(".status.lastStatus", column<Task, [](const Task& task) { return name_of(task.status.last_status); }>(
                                      "Status", "The state of the task.")),
      shows(".spec.containerInstance",
            column<Task, [](const Task& task) { return task.spec.container_instance; }>("Instance", "Its host.")),
      shows(".spec.taskDefinition",
            column<Task, [](const Task& task) { return task.spec.task_definition; }>("Definition", "What it runs.")),
      column<Task, [](const Task& task) { return short_reason(task); }>("Reason",
                                                                        "Why it is not running, in a word or two."),
      shows(".status.healthStatus", column<Task, [](const Task& task) { return name_of(task.status.health_status); }>(
                                        "Health", "Health checks.", 1)),
      column<Task, [](const Task& task) { return exit_text(task); }>("Exit", "The exit code that tells best.", 1),
      shows(".spec.group",
            column<Task, [](const Task& task) { return task.spec.group; }>("Group", "What it belongs to.", 1)),
      column<Task, [](const Task& task) { return long_reason(task); }>("Message", "Why it is not running.", 1),
  };
}

std::vector<Column> task_run_columns() {
  return {
      column<TaskRun, [](const TaskRun& run) { return state_of(run); }>("Status",
                                                                        "PENDING, RUNNING, SUCCEEDED or FAILED."),
      column<TaskRun, [](const TaskRun& run) { return str(run.status.succeeded_count, '/', run.spec.count); }>(
          "Succeeded", "Tasks that succeeded, of those wanted."),
      shows(".status.runningCount",
            count<TaskRun, [](const TaskRun& run) { return run.status.running_count; }>("Running", "Tasks that run.")),
      shows(".status.failedCount",
            count<TaskRun, [](const TaskRun& run) { return run.status.failed_count; }>("Failed", "Tasks that failed.")),
      column<TaskRun,
             [](const TaskRun& run) {
               return run.status.task_definition.empty() ? run.spec.task_definition : run.status.task_definition;
             }>("Definition", "What is run."),
      column<TaskRun, [](const TaskRun& run) { return run.status.exit_code ? str(*run.status.exit_code) : ""; }>(
          "Exit", "The exit code of the first failed task, or 0.", 1),
  };
}

std::vector<Column> namespace_columns() {
  return {
      column<Namespace, [](const Namespace& space) { return space.status.phase; }>("Status", "Active or Terminating."),
      column<Namespace,
             [](const Namespace& space) {
               const auto found = space.metadata.annotations.find("muster.dev/cluster");
               return found == space.metadata.annotations.end() ? std::string("default") : found->second;
             }>("Cluster", "The cluster that it belongs to."),
  };
}

std::vector<Column> event_columns() {
  return {
      {"Last Seen", "How long ago it happened last.", "string", 0,
       [](const Object& object, Time now) {
         const Time seen = last_seen(real<Event>(object));
         return is_set(seen) && seen <= now ? format_age(now - seen) : std::string(is_set(seen) ? "0s" : "");
       }},
      column<Event, [](const Event& event) { return event.type; }>("Type", "Normal or Warning."),
      column<Event, [](const Event& event) { return event.reason; }>("Reason", "What happened, as one word."),
      column<Event,
             [](const Event& event) {
               return str(to_lower(event.involved_object.kind), '/', event.involved_object.name);
             }>("Object", "The object."),
      column<Event, [](const Event& event) { return event.message; }>("Message", "What happened."),
      count<Event, [](const Event& event) { return std::max(event.count, 1); }>("Count", "How often it happened.", 1),
      column<Event,
             [](const Event& event) {
               return event.reporting_component.empty() ? event.source.component : event.reporting_component;
             }>("Source", "Who says so.", 1),
  };
}

std::vector<Column> lease_columns() {
  return {column<Lease, [](const Lease& lease) { return lease.spec.holder_identity; }>("Holder", "Who holds it.")};
}

std::vector<Column> secret_columns() {
  return {column<Secret, [](const Secret& secret) { return secret.type; }>("Type", "What kind of values these are."),
          count<Secret, [](const Secret& secret) { return secret.data.size(); }>("Data", "How many values it has.")};
}

std::vector<Column> config_map_columns() {
  return {count<ConfigMap, [](const ConfigMap& map) { return map.data.size() + map.binary_data.size(); }>(
      "Data", "How many values it has.")};
}

std::vector<Column> service_account_columns() {
  return {count<ServiceAccount, [](const ServiceAccount& account) { return account.secrets.size(); }>(
      "Secrets", "How many Secrets belong to it.")};
}

std::vector<Column> role_columns() {
  return {{"Created At", "When it was created.", "date", 0, [](const Object& object, Time) {
             const Time created = object.metadata.creation_timestamp;
             return is_set(created) ? format_time(created) : std::string();
           }}};
}

std::vector<Column> role_binding_columns() {
  return binding_columns<RoleBinding>();
}

std::vector<Column> cluster_role_binding_columns() {
  return binding_columns<ClusterRoleBinding>();
}

}  // namespace muster
