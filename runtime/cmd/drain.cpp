// muster drain
#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/types/cluster.h"
#include "api/types/service.h"
#include "runtime/base/loop.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/instance_words.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

constexpr std::size_t most_named = 5;

struct Remaining {
  std::string ns, group, status;
};
// By namespace and name: the tasks that are still on the instance.
using Tasks = std::map<std::string, Remaining>;

void take(Tasks& tasks, const Node& object, bool deleted) {
  const Node* metadata = object.find("metadata");
  const Node* spec = object.find("spec");
  const Node* status = object.find("status");
  if (metadata == nullptr || spec == nullptr) return;
  const std::string_view last = status == nullptr ? std::string_view() : status->text_of("lastStatus");
  const std::string key = str(metadata->text_of("namespace"), '/', metadata->text_of("name"));
  if (deleted || last == "STOPPED") {
    tasks.erase(key);
  } else {
    tasks[key] =
        Remaining{std::string(metadata->text_of("namespace")), std::string(spec->text_of("group")), std::string(last)};
  }
}

std::string plural(std::size_t count) {
  return count == 1 ? "1 task" : str(count, " tasks");
}

// Why its service does not move it, where it says so.
std::string hindrance(Session& session, const Remaining& task) {
  constexpr std::string_view prefix = "service:";
  if (!task.group.starts_with(prefix)) return "it belongs to no service: it ends by itself, or by muster delete";
  const std::string ns = std::exchange(session.ns, task.ns);
  const auto found = fetch(session, kind_of<Service>(), task.group.substr(prefix.size()));
  session.ns = ns;
  if (!found.ok()) return {};
  const Conditions& conditions = static_cast<const Service&>(**found).status.conditions;
  for (const std::string_view type : {"Stalled", "Ready"}) {
    const Condition* condition = find_condition(conditions, type);
    if (condition == nullptr || condition->message.empty()) continue;
    // Neither that it is well nor that it runs an older definition keeps anything from moving.
    if (condition->reason == "RolledBack" || (type == "Ready" && condition->status == "True")) continue;
    return str(task.group, ": ", condition->message);
  }
  return {};
}

Error blocked(Session& session, const std::string& name, const Tasks& tasks) {
  std::string text = str("containerinstance/", name, " is DRAINING, but ", plural(tasks.size()), " stayed:");
  std::size_t named = 0;
  for (const auto& [key, task] : tasks) {
    if (named++ == most_named) break;
    const std::string why = hindrance(session, task);
    text += str("\n  ", key, " is ", task.status, why.empty() ? "" : "; ", why);
  }
  if (tasks.size() > most_named) text += str("\n  and ", tasks.size() - most_named, " more");
  return Error{Code::timeout, std::move(text), {}};
}

Status wait_until_empty(Session& session, const std::string& name, Duration deadline) {
  const std::string path = client::path_of(kind_of<Task>(), {});
  const std::string selector = str("fieldSelector=spec.containerInstance%3D", http::percent_encode(name));
  std::string said;
  while (true) {
    TRY(const Node list, session.api->get(str(path, '?', selector)));
    Tasks tasks;
    for (const Node& item : list.find("items")->items) take(tasks, item, false);
    const auto tell = [&] {
      std::string now = tasks.empty() ? "no task left" : str(plural(tasks.size()), " left");
      if (now == said) return;
      said = std::move(now);
      std::printf("containerinstance/%s: %s\n", name.c_str(), said.c_str());
      std::fflush(stdout);
    };
    tell();
    const Duration left = deadline - system_monotonic();
    if (tasks.empty()) return {};
    if (left <= Duration::zero()) return blocked(session, name, tasks);
    // Ends now and then by itself; then all are listed again.
    TRY_VOID(session.api->lines(
        str(path, "?watch=true&", selector, "&resourceVersion=", list.find("metadata")->text_of("resourceVersion")),
        {{"Accept", "application/json"}},
        [&](std::string_view line) {
          const auto event = parse_json(line);
          if (!event.ok() || event->find("object") == nullptr || event->text_of("type") == "ERROR") return false;
          take(tasks, *event->find("object"), event->text_of("type") == "DELETED");
          tell();
          return !tasks.empty();
        },
        left));
  }
}

int run(const Arguments& arguments) {
  const auto names = instance_names(arguments.words);
  if (!names.ok()) return fail_usage(drain_verb(), names.error());
  const auto timeout = arguments.duration("timeout", std::chrono::minutes(10));
  if (!timeout.ok()) return fail_usage(drain_verb(), timeout.error());
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  const Duration deadline = system_monotonic() + *timeout;
  for (const std::string& name : *names) {
    if (const Status status = patch_instance(*session, name, R"({"spec":{"status":"DRAINING"}})"); !status.ok()) {
      return fail(status.error());
    }
    std::printf("containerinstance/%s is DRAINING\n", name.c_str());
    std::fflush(stdout);
  }
  if (arguments.has("no-wait")) return exit_code::ok;
  int code = exit_code::ok;
  for (const std::string& name : *names) {
    if (const Status status = wait_until_empty(*session, name, deadline); !status.ok()) code = fail(status.error());
  }
  return code;
}

}  // namespace

const Verb& drain_verb() {
  static const Verb verb{"drain",
                         "INSTANCE...",
                         "move the tasks of a container instance elsewhere",
                         "Makes the instance DRAINING: it takes no tasks, and services replace those that\n"
                         "it has, within their minimumHealthyPercent and maximumPercent; daemons go last.\n"
                         "Waits until none is left; on a timeout it names those that stayed, and why. It\n"
                         "stays DRAINING until muster uncordon.\n\n"
                         "  muster drain host-1 --timeout 5m\n",
                         client_options({{"timeout", 0, "DURATION", "How long to wait (default 10m)."},
                                         {"no-wait", 0, "", "Only make it DRAINING."}}),
                         &run};
  return verb;
}

}  // namespace muster::cmd
