// muster why and muster why-not
#include "controllers/scheduler/why.h"

#include <algorithm>
#include <cstdio>

#include "api/base/text.h"
#include "api/schema/describe.h"
#include "api/types/cluster.h"
#include "api/types/service.h"
#include "controllers/base/health.h"
#include "runtime/base/loop.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/cluster_state.h"
#include "runtime/cmd/instance_words.h"
#include "runtime/cmd/table_printer.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

using scheduler::Answer;
using scheduler::Objection;
using scheduler::Verdict;

constexpr std::size_t shown = 20;

std::string text_of(const Objection& objection) {
  return objection.detail.empty() ? objection.reason : str(objection.reason, ": ", objection.detail);
}

// Those that could take it first, in the order of preference; then those that lack least.
std::vector<const Verdict*> in_order(const Answer& answer) {
  std::vector<const Verdict*> out;
  for (const Verdict& each : answer.instances) out.push_back(&each);
  std::stable_sort(out.begin(), out.end(), [](const Verdict* a, const Verdict* b) {
    if ((a->rank == 0) != (b->rank == 0)) return b->rank == 0;
    return a->rank != b->rank ? a->rank < b->rank : a->objections.size() < b->objections.size();
  });
  return out;
}

std::string table_of(const Answer& answer, bool all) {
  const auto rows = in_order(answer);
  TablePrinter table({"INSTANCE", "TAKES-IT", "WHY"}, {2, output_columns(), 0});
  for (std::size_t i = 0; i < rows.size() && (all || i < shown); ++i) {
    const Verdict& each = *rows[i];
    if (each.objections.empty()) {
      table.add({each.instance, each.rank == 1 ? "first choice" : str("choice ", each.rank), each.standing});
    } else {
      const std::string more = each.objections.size() > 1 ? str("; and ", each.objections.size() - 1, " more") : "";
      table.add({each.instance, "no", text_of(each.objections.front()) + more});
    }
  }
  std::string out = table.text();
  if (!all && rows.size() > shown) out += str("  ... and ", rows.size() - shown, " more instances (--all)\n");
  return out;
}

std::string explained(const Answer& answer, bool all) {
  if (!answer.problem.empty()) return str("No instance can be asked: ", answer.problem, "\n");
  std::string out = str("It asks for ", answer.asked, ".\n");
  if (answer.instances.empty()) return out + "Its cluster has no container instances.\n";
  out += table_of(answer, all);
  if (!answer.remedy.empty()) out += str("The smallest change: ", answer.remedy, ".\n");
  return out;
}

// ---- a task

std::string now_of(const Task& task, Time now) {
  const std::string since = str(" since ", format_age(now - task.metadata.creation_timestamp));
  if (is_stopped(task)) {
    return str("is STOPPED", task.status.stopped_reason.empty() ? "" : ": ", task.status.stopped_reason, ".\n");
  }
  if (task.spec.container_instance.empty()) return str("has waited for an instance", since, ".\n");
  std::string out = str("is ", name_of(task.status.last_status), " on ", task.spec.container_instance, since, ".\n");
  for (const Condition& each : task.status.conditions) {
    if (each.status != "True" && !each.message.empty()) out += str("  ", each.type, ": ", each.message, '\n');
  }
  for (const ContainerStatus& each : task.status.containers) {
    if (!each.reason.empty()) out += str("  container ", each.name, ": ", each.reason, '\n');
  }
  return out;
}

std::string about_task(const State& state, const Task& task, bool all, Time now) {
  std::string out = str("Task ", task.metadata.name, " (", task.spec.task_definition, ") ", now_of(task, now));
  if (is_stopped(task)) return out;
  if (!task.spec.container_instance.empty()) out += "If it were placed now:\n";
  return out + explained(scheduler::why(state, task), all);
}

// ---- a service

std::string about_service(const State& state, const Service& service, bool all, Time now) {
  std::string out = str("Service ", service.metadata.name, ": ", service.status.running_count, " of ",
                        service.status.desired_count, " tasks run, ", service.status.healthy_count, " are healthy.\n");
  const Condition* ready = find_condition(service.status.conditions, "Ready");
  for (const Condition& each : service.status.conditions) {
    const bool same = &each != ready && ready != nullptr && each.message == ready->message;
    const bool news = (&each != ready || each.status != "True") && !same;
    if (news && !each.message.empty())
      out += str("  ", each.type, '=', each.status, " ", each.reason, ": ", each.message, '\n');
  }
  for (const Deployment& each : service.status.deployments) {
    out +=
        str("  deployment ", each.id, " of ", each.task_definition, ": ", name_of(each.rollout_state), ", ",
            each.running_count, " of ", each.desired_count, " run", each.failed_tasks > 0 ? ", failed in a row: " : "",
            each.failed_tasks > 0 ? std::to_string(each.failed_tasks) : std::string(), '\n');
  }
  const Task* waiting = nullptr;
  std::size_t count = 0;
  const std::string group = str(service.metadata.ns, "/service:", service.metadata.name);
  state.each(Index::group, group, [&](const ObjectPtr& object) {
    const auto* task = as<Task>(object.get());
    if (task == nullptr || !task->spec.container_instance.empty() || wants_stop(*task)) return true;
    ++count;
    if (waiting == nullptr) waiting = task;
    return true;
  });
  if (waiting == nullptr) return out + "No task of it waits for an instance.\n";
  return str(out, count, count == 1 ? " task waits" : " tasks wait",
             " for an instance; the first: ", about_task(state, *waiting, all, now));
}

// ---- an instance

std::string about_instance(const State& state, const ContainerInstance& instance) {
  std::string out =
      str("Instance ", instance.metadata.name, " is ", name_of(instance.spec.status), ", ",
          name_of(instance.status.connection), instance.spec.unschedulable ? ", unschedulable" : "", ".\n");
  std::size_t tasks = 0;
  state.each(Index::instance, instance.metadata.name, [&](const ObjectPtr& object) {
    const auto* task = as<Task>(object.get());
    tasks += task != nullptr && !is_stopped(*task) ? 1 : 0;
    return true;
  });
  for (const Condition& each : instance.status.conditions) {
    if (each.status != "True" && !each.message.empty()) out += str("  ", each.type, ": ", each.message, '\n');
  }
  out += str(tasks, tasks == 1 ? " task is" : " tasks are", " on it.\n");
  TablePrinter table({"WAITING", "TASKS", "NOT-HERE-BECAUSE"}, {2, output_columns(), 0});
  for (const scheduler::Waiting& each : scheduler::waiting_tasks(state, instance)) {
    const std::string why = !each.problem.empty() ? each.problem
                            : each.objections.empty()
                                ? std::string("it would be taken: the scheduler has not come to it")
                                : text_of(each.objections.front());
    table.add({str(each.ns, '/', each.example), std::to_string(each.tasks), why});
  }
  if (table.empty()) return out + "No task of its cluster waits for an instance.\n";
  return out + table.text();
}

Result<std::string> explain_one(Session& session, const Reference& reference, bool all) {
  const Kind& kind = *reference.kind;
  if (&kind != &kind_of<Task>() && &kind != &kind_of<Service>() && &kind != &kind_of<ContainerInstance>()) {
    return Error{
        Code::malformed, str("a ", kind.kind, " is not placed: ask about a task, a service or an instance"), {}};
  }
  TRY(const std::shared_ptr<Object> object, fetch(session, kind, reference.name));
  TRY(State state, read_cluster_state(session));
  const Time now = system_now();
  if (const auto* task = as<Task>(object.get())) return about_task(state, *task, all, now);
  if (const auto* service = as<Service>(object.get())) return about_service(state, *service, all, now);
  return about_instance(state, static_cast<const ContainerInstance&>(*object));
}

int why(const Arguments& arguments) {
  const auto reference = parse_reference(arguments.words);
  if (!reference.ok()) return fail_usage(why_verb(), reference.error());
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  const auto text = explain_one(*session, *reference, arguments.has("all"));
  if (!text.ok())
    return text.error().code == Code::malformed ? fail_usage(why_verb(), text.error()) : fail(text.error());
  std::printf("%s", text->c_str());
  return exit_code::ok;
}

// ---- one task and one instance

Result<std::string> explain_pair(Session& session, const std::string& task_name, const std::string& instance) {
  TRY(const std::shared_ptr<Object> object, fetch(session, kind_of<Task>(), task_name));
  TRY(State state, read_cluster_state(session));
  const auto& task = static_cast<const Task&>(*object);
  const Answer answer = scheduler::why(state, task);
  if (!answer.problem.empty()) return str("No instance can be asked: ", answer.problem, "\n");
  const auto found = std::ranges::find(answer.instances, instance, &Verdict::instance);
  if (found == answer.instances.end()) {
    return Error{Code::not_found, str("there is no instance ", instance, " in the cluster ", task.spec.cluster), {}};
  }
  std::string out = str("Task ", task_name, " asks for ", answer.asked, ".\n");
  if (found->objections.empty()) {
    return str(out, instance, " can take it", task.spec.container_instance == instance ? ", and has it" : "",
               found->rank == 1 ? ": the first choice" : str(": choice ", found->rank), ", with ", found->standing,
               ".\n");
  }
  out += str(instance, " does not take it:\n");
  for (const Objection& each : found->objections) out += str("  ", each.filter, ": ", text_of(each), '\n');
  return out;
}

int why_not(const Arguments& arguments) {
  if (arguments.words.size() != 2) {
    return fail_usage(why_not_verb(), Error{Code::malformed, "name a task and a container instance", {}});
  }
  const std::string& word = arguments.words[0];
  const auto reference = parse_reference({word.find('/') == std::string::npos ? "task/" + word : word});
  if (!reference.ok()) return fail_usage(why_not_verb(), reference.error());
  if (reference->kind != &kind_of<Task>()) {
    return fail_usage(why_not_verb(), Error{Code::malformed, "the first word names a task", {}});
  }
  const auto instance = instance_names({arguments.words[1]});
  if (!instance.ok()) return fail_usage(why_not_verb(), instance.error());
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  const auto text = explain_pair(*session, reference->name, instance->front());
  if (!text.ok()) return fail(text.error());
  std::printf("%s", text->c_str());
  return exit_code::ok;
}

}  // namespace

const Verb& why_verb() {
  static const Verb verb{"why",
                         "TASK|SERVICE|INSTANCE",
                         "why something is placed where it is, or nowhere",
                         "Asks the scheduler's own rules, on the state of now: for a task which instances\n"
                         "could take it, in which order and why, what refuses it on the others and by how\n"
                         "much, and the smallest change that would help; for a service what it waits for;\n"
                         "for an instance which tasks wait and why they are not placed there.\n\n"
                         "  muster why task/web-1-3-0\n"
                         "  muster why service/web\n"
                         "  muster why containerinstance/host-1\n",
                         client_options({{"all", 'a', "", "every instance, not only the first 20"}}),
                         &why};
  return verb;
}

const Verb& why_not_verb() {
  static const Verb verb{"why-not",
                         "TASK INSTANCE",
                         "all that keeps a task off a container instance",
                         "  muster why-not task/web-1-3-0 host-1\n",
                         client_options({}),
                         &why_not};
  return verb;
}

}  // namespace muster::cmd
