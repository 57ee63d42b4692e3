// muster logs
#include <cstdio>

#include "api/base/text.h"
#include "api/types/service.h"
#include "api/types/task_run.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

Result<std::string> query_of(const Arguments& arguments) {
  std::string query;
  const auto add = [&](std::string_view name, const std::string& value) {
    query += str(query.empty() ? "?" : "&", name, "=", http::percent_encode(value));
  };
  if (arguments.has("container")) add("container", arguments.get("container"));
  if (arguments.has("follow")) add("follow", "true");
  if (arguments.has("timestamps")) add("timestamps", "true");
  if (arguments.has("tail")) {
    TRY(const std::int64_t lines, arguments.number("tail", -1, 0, 1'000'000'000));
    add("tailLines", std::to_string(lines));
  }
  if (arguments.has("since")) {
    TRY(const Duration since, arguments.duration("since", {}));
    add("sinceSeconds", std::to_string(std::chrono::ceil<std::chrono::seconds>(since).count()));
  }
  return query;
}

// The tasks whose logs are meant.
Result<std::vector<std::string>> tasks_of(Session& session, const Reference& reference) {
  if (reference.kind == &kind_of<Task>()) return std::vector<std::string>{reference.name};
  std::string query;
  if (reference.kind == &kind_of<Service>())
    query = "fieldSelector=" + http::percent_encode("spec.group=service:" + reference.name);
  if (reference.kind == &kind_of<TaskRun>())
    query = "labelSelector=" + http::percent_encode("muster.dev/task-run=" + reference.name);
  if (query.empty())
    return Error{
        Code::malformed, str(reference.kind->plural, " have no logs; name a task, a service or a taskrun"), {}};
  TRY(const auto objects, fetch_all(session, kind_of<Task>(), query));
  std::vector<std::string> names;
  for (const auto& object : objects) {
    const auto& task = static_cast<const Task&>(*object);
    const bool over = reference.kind == &kind_of<Service>() && is_stopped(task);
    if (!over && !task.spec.container_instance.empty()) names.push_back(task.metadata.name);
  }
  if (names.empty()) {
    TRY_VOID(fetch(session, *reference.kind, reference.name));
    return Error{Code::not_found, str(reference.kind->singular, "/", reference.name, " has no task with a log"), {}};
  }
  return names;
}

int run(const Arguments& arguments) {
  // A single word is a task's name.
  std::vector<std::string> words = arguments.words;
  if (words.empty())
    return fail_usage(logs_verb(), Error{Code::malformed, "name a task, or service/NAME or taskrun/NAME", {}});
  if (words.size() == 1 && words[0].find('/') == std::string::npos) words = {"task/" + words[0]};
  auto reference = parse_reference(words);
  if (!reference.ok()) return fail_usage(logs_verb(), reference.error());
  const auto query = query_of(arguments);
  if (!query.ok()) return fail_usage(logs_verb(), query.error());
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  const auto names = tasks_of(*session, *reference);
  if (!names.ok()) return fail(names.error());
  if (names->size() > 1 && arguments.has("follow")) {
    return fail(Error{Code::malformed,
                      str("--follow follows one task; ", reference->kind->singular, "/", reference->name, " has ",
                          names->size(), ": name one of them, for example task/", names->front()),
                      {}});
  }
  int code = exit_code::ok;
  for (const std::string& name : *names) {
    const std::string prefix = names->size() > 1 ? str("[", name, "] ") : std::string();
    const std::string path = str(client::path_of(kind_of<Task>(), session->ns, name), "/log", *query);
    bool line_begins = true;
    const Status status =
        session->api->stream(path, {{"Accept", "text/plain, application/json"}}, [&](std::string_view bytes) {
          if (prefix.empty()) {
            std::fwrite(bytes.data(), 1, bytes.size(), stdout);
          } else {
            for (const char c : bytes) {
              if (line_begins) std::fwrite(prefix.data(), 1, prefix.size(), stdout);
              std::fputc(c, stdout);
              line_begins = c == '\n';
            }
          }
          return flush_output();
        });
    if (!status.ok()) code = fail(status.error());
  }
  return code;
}

}  // namespace

const Verb& logs_verb() {
  static const Verb verb{"logs",
                         "TASK | task/NAME | service/NAME | taskrun/NAME",
                         "print the logs of containers",
                         "Prints what a task's container wrote. For a service or a run, the logs of all\n"
                         "its tasks one after the other, each line with its task's name.\n\n"
                         "  muster logs task/web-0-0-1a2b3c4d -f --tail 20\n",
                         client_options({{"container", 'c', "NAME", "Which container, when the task has several."},
                                         {"follow", 'f', "", "Go on printing what comes."},
                                         {"tail", 0, "LINES", "Only so many of the last lines (default: all)."},
                                         {"since", 0, "DURATION", "Only what is newer than this: 10m, 1h30m."},
                                         {"timestamps", 0, "", "Begin each line with its time."}}),
                         &run};
  return verb;
}

}  // namespace muster::cmd
