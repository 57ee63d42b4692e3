// muster describe
#include <cstdio>

#include "api/base/text.h"
#include "api/schema/conceal.h"
#include "api/schema/describe.h"
#include "api/schema/encode.h"
#include "api/schema/yaml.h"
#include "api/types/cluster.h"
#include "api/types/service.h"
#include "api/types/task_run.h"
#include "runtime/base/loop.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/events.h"
#include "runtime/cmd/table_printer.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

void line(std::string& out, std::string_view name, const std::string& value) {
  out += str(name, ":");
  out.append(name.size() + 1 < 18 ? 18 - name.size() - 1 : 1, ' ');
  out += value.empty() ? "<none>" : value;
  out += '\n';
}

std::string joined(const Labels& labels) {
  std::string out;
  for (const auto& [key, value] : labels) out += str(out.empty() ? "" : ",", key, "=", value);
  return out;
}

std::string ago(Time time, Time now) {
  return is_set(time) ? str(format_time(time), " (", format_age(now - time), " ago)") : std::string();
}

void conditions(std::string& out, const Conditions& conditions) {
  if (conditions.empty()) return;
  TablePrinter table({"TYPE", "STATUS", "REASON", "MESSAGE"}, {2, {}, 0});
  for (const Condition& condition : conditions)
    table.add({condition.type, condition.status, condition.reason, condition.message});
  out += "Conditions:\n" + table.text();
}

void tasks(std::string& out, const std::vector<std::shared_ptr<Object>>& objects, Time now) {
  TablePrinter table({"NAME", "STATUS", "HEALTH", "INSTANCE", "DEFINITION", "AGE"}, {2, {}, 0});
  for (const auto& object : objects) {
    const auto& task = static_cast<const Task&>(*object);
    table.add({task.metadata.name, std::string(name_of(task.status.last_status)),
               std::string(name_of(task.status.health_status)), task.spec.container_instance, task.spec.task_definition,
               format_age(now - task.metadata.creation_timestamp)});
  }
  out += table.empty() ? "Tasks:            <none>\n" : "Tasks:\n" + table.text();
}

void describe_service(std::string& out, const Service& service, Time now) {
  const ServiceStatus& status = service.status;
  line(out, "Cluster", service.spec.cluster);
  line(out, "Definition",
       str(service.spec.task_definition,
           status.task_definition.empty() || status.task_definition == service.spec.task_definition
               ? ""
               : str(" (now ", status.task_definition, ")")));
  line(out, "Strategy", std::string(name_of(service.spec.scheduling_strategy)));
  line(out, "Tasks wanted", std::to_string(status.desired_count));
  line(out, "Tasks now",
       str(status.running_count, " running, ", status.pending_count, " pending, ", status.healthy_count, " healthy"));
  line(out, "Update rule",
       str("at least ", service.spec.deployment_configuration.minimum_healthy_percent, " % healthy, at most ",
           service.spec.deployment_configuration.maximum_percent, " %"));
  if (!status.deployments.empty()) {
    TablePrinter table(
        {"DEPLOYMENT", "STATUS", "ROLLOUT", "DEFINITION", "DESIRED", "RUNNING", "PENDING", "FAILED", "AGE"},
        {2, {}, 0});
    for (const Deployment& deployment : status.deployments) {
      table.add({deployment.task_set, std::string(name_of(deployment.status)),
                 std::string(name_of(deployment.rollout_state)), deployment.task_definition,
                 std::to_string(deployment.desired_count), std::to_string(deployment.running_count),
                 std::to_string(deployment.pending_count), std::to_string(deployment.failed_tasks),
                 format_age(now - deployment.created_at)});
    }
    out += "Deployments:\n" + table.text();
  }
  conditions(out, status.conditions);
}

void describe_task(std::string& out, const Task& task, Time now) {
  const TaskStatus& status = task.status;
  line(out, "Task id", task.metadata.uid);
  line(out, "Definition", task.spec.task_definition);
  line(out, "Group", task.spec.group);
  line(out, "Started by", task.spec.started_by);
  line(out, "Instance", task.spec.container_instance);
  line(out, "Status", str(name_of(status.last_status), " (desired ", name_of(task.spec.desired_status), ")"));
  line(out, "Health", std::string(name_of(status.health_status)));
  if (status.stop_code != StopCode::none) line(out, "Stop code", std::string(name_of(status.stop_code)));
  if (!status.stopped_reason.empty()) line(out, "Stopped reason", status.stopped_reason);
  line(out, "Started", ago(status.started_at, now));
  if (is_set(status.stopped_at)) line(out, "Stopped", ago(status.stopped_at, now));
  if (!status.containers.empty()) out += "Containers:\n";
  for (const ContainerStatus& container : status.containers) {
    out += str("  ", container.name, ":\n");
    const auto inner = [&](std::string_view name, const std::string& value) {
      out += "    ";
      line(out, name, value);
    };
    inner("Image", container.image);
    inner("Status", str(name_of(container.last_status),
                        container.exit_code ? str(", exit code ", *container.exit_code) : std::string()));
    if (!container.reason.empty()) inner("Reason", container.reason);
    if (container.health_status != HealthStatus::unknown)
      inner("Health", std::string(name_of(container.health_status)));
    if (container.readiness_status != ReadinessStatus::unknown)
      inner("Readiness", std::string(name_of(container.readiness_status)));
    if (container.restart_count > 0) inner("Restarts", std::to_string(container.restart_count));
    for (const NetworkBinding& binding : container.network_bindings) {
      const bool range = !binding.container_port_range.empty();
      inner("Port", str(binding.bind_ip, ":", range ? binding.host_port_range : str(binding.host_port), " -> ",
                        range ? binding.container_port_range : str(binding.container_port), "/",
                        to_lower(name_of(binding.protocol))));
    }
    inner("Container id", container.runtime_id.substr(0, 12));
  }
  conditions(out, status.conditions);
}

void describe_instance(std::string& out, const ContainerInstance& instance, Time now) {
  const ContainerInstanceStatus& status = instance.status;
  line(out, "Cluster", instance.spec.cluster);
  line(out, "State", str(name_of(instance.spec.status), instance.spec.unschedulable ? ", unschedulable" : ""));
  line(out, "Connection", str(name_of(status.connection), ", since ", ago(status.agent.since, now)));
  line(out, "Address", status.address);
  line(out, "Agent", str(status.version_info.agent_version, ", ", status.version_info.docker_version));
  line(out, "Tasks", str(status.running_tasks_count, " running, ", status.pending_tasks_count, " pending"));
  TablePrinter table({"RESOURCE", "REGISTERED", "REMAINING"}, {2, {}, 0});
  const auto value = [](const InstanceResource& resource) {
    std::string set;
    for (const std::string& item : resource.string_set_value) set += (set.empty() ? "" : ",") + item;
    return resource.type == "INTEGER" ? std::to_string(resource.integer_value)
           : set.empty()              ? std::string("none taken")
                                      : "taken: " + set;
  };
  for (const InstanceResource& resource : status.registered_resources) {
    std::string remaining;
    for (const InstanceResource& left : status.remaining_resources) {
      if (left.name == resource.name) remaining = value(left);
    }
    table.add({resource.name, value(resource), remaining});
  }
  out += "Resources:\n" + table.text() + "Attributes:\n";
  for (const Attribute& attribute : status.attributes)
    out += str("  ", attribute.name, attribute.value.empty() ? "" : "=", attribute.value, "\n");
  conditions(out, status.conditions);
}

// The tasks that belong to the object, where there are such.
Status describe_tasks(std::string& out, Session& session, const Object& object, Time now) {
  std::string query;
  if (object.kind == &kind_of<Service>()) query = "spec.group=service:" + object.metadata.name;
  if (object.kind == &kind_of<ContainerInstance>()) query = "spec.containerInstance=" + object.metadata.name;
  std::string parameter = query.empty() ? std::string() : "fieldSelector=" + http::percent_encode(query);
  if (object.kind == &kind_of<TaskRun>())
    parameter = "labelSelector=" + http::percent_encode("muster.dev/task-run=" + object.metadata.name);
  if (parameter.empty()) return {};
  const std::string kept = session.ns;
  if (object.kind == &kind_of<ContainerInstance>()) session.ns.clear();
  auto found = fetch_all(session, kind_of<Task>(), parameter);
  session.ns = kept;
  if (!found.ok()) return std::move(found).error();
  tasks(out, *found, now);
  return {};
}

Status describe_one(Session& session, const Kind& kind, const std::string& name) {
  TRY(const std::shared_ptr<Object> object, fetch(session, kind, name));
  const Time now = system_now();
  std::string out;
  line(out, "Name", object->metadata.name);
  if (kind.scope == Scope::namespaced) line(out, "Namespace", object->metadata.ns);
  line(out, "Kind", std::string(kind.kind));
  line(out, "Labels", joined(object->metadata.labels));
  line(out, "Created", ago(object->metadata.creation_timestamp, now));
  if (object->metadata.deleting()) line(out, "Deleting since", ago(object->metadata.deletion_timestamp, now));
  if (const auto* service = as<Service>(object.get())) {
    describe_service(out, *service, now);
  } else if (const auto* task = as<Task>(object.get())) {
    describe_task(out, *task, now);
  } else if (const auto* instance = as<ContainerInstance>(object.get())) {
    describe_instance(out, *instance, now);
  } else {
    Node node = object_node(*object);
    for (const char* part : {"apiVersion", "kind", "metadata"}) node.erase(part);
    conceal(*kind.type(), node);
    out += write_yaml(node);
  }
  TRY_VOID(describe_tasks(out, session, *object, now));
  TRY(const auto events, events_about(session, object->metadata.ns, object->metadata.uid));
  out += "Events:\n" + events_text(events, now, 2);
  std::printf("%s", out.c_str());
  return {};
}

int run(const Arguments& arguments) {
  auto references = parse_references(arguments.words);
  if (!references.ok()) return fail_usage(describe_verb(), references.error());
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  bool first = true;
  for (const Reference& reference : *references) {
    std::vector<std::string> names{reference.name};
    if (reference.name.empty()) {
      names.clear();
      const auto objects = fetch_all(*session, *reference.kind, {});
      if (!objects.ok()) return fail(objects.error());
      for (const auto& object : *objects) names.push_back(object->metadata.name);
    }
    for (const std::string& name : names) {
      if (!first) std::printf("\n");
      first = false;
      if (const Status status = describe_one(*session, *reference.kind, name); !status.ok())
        return fail(status.error());
    }
  }
  return exit_code::ok;
}

}  // namespace

const Verb& describe_verb() {
  static const Verb verb{"describe",
                         "KIND NAME... | KIND/NAME...",
                         "show all about objects, with their tasks and events",
                         "Prints an object for people: its state, conditions, tasks and events.\n\n"
                         "  muster describe service/web\n",
                         client_options({}),
                         &run};
  return verb;
}

}  // namespace muster::cmd
