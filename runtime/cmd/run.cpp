// muster run
#include <algorithm>
#include <cstdio>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/types/task_run.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

// Blocks until the run has ended; answers its exit code.
Result<int> wait_for(Session& session, const Object& created) {
  const std::string watch =
      str(client::path_of(*created.kind, created.metadata.ns), "?watch=true&fieldSelector=metadata.name%3D",
          http::percent_encode(created.metadata.name));
  std::optional<int> code;
  std::string reason;
  while (!code) {
    TRY_VOID(session.api->lines(watch, {{"Accept", "application/json"}}, [&](std::string_view line) {
      const auto event = parse_json(line);
      if (!event.ok() || event->find("object") == nullptr) return true;
      const auto object =
          decode_object(*event->find("object"), &kind_of<TaskRun>(), DecodeOptions{Unknown::ignore, {}}, nullptr);
      if (!object.ok()) return true;
      if (event->text_of("type") == "DELETED") {
        reason = "the run was deleted before it ended";
        code = exit_code::error;
        return false;
      }
      const auto& run = static_cast<const TaskRun&>(**object);
      const Condition* succeeded = find_condition(run.status.conditions, "Succeeded");
      if (succeeded == nullptr || succeeded->status == "Unknown" || !is_set(run.status.completed_at)) return true;
      reason = succeeded->status == "True" ? std::string() : succeeded->message;
      code = run.status.exit_code.value_or(succeeded->status == "True" ? exit_code::ok : exit_code::error);
      if (*code == 0 && succeeded->status != "True") code = exit_code::error;
      return false;
    }));
  }
  if (!reason.empty()) std::fprintf(stderr, "muster: taskrun/%s: %s\n", created.metadata.name.c_str(), reason.c_str());
  return *code;
}

// The spec of "web" or "web:3".
Result<TaskDefinitionSpec> fetch_definition(Session& session, const std::string& definition) {
  if (definition.find(':') == std::string::npos) {
    TRY(const auto found, fetch(session, kind_of<TaskDefinition>(), definition));
    return static_cast<const TaskDefinition&>(*found).spec;
  }
  TRY(const auto found, fetch(session, kind_of<TaskDefinitionRevision>(), definition));
  return static_cast<const TaskDefinitionRevision&>(*found).spec;
}

// The container that COMMAND and the options of one container are for: the one named, else the first essential one.
ContainerOverride& override_for(const Arguments& arguments, const TaskDefinitionSpec& spec, TaskOverride& overrides) {
  std::string name = arguments.get("container");
  for (const ContainerDefinition& container : spec.container_definitions) {
    if (name.empty() && container.essential) name = container.name;
  }
  auto& all = overrides.container_overrides;
  const auto found = std::ranges::find(all, name, &ContainerOverride::name);
  if (found != all.end()) return *found;
  all.emplace_back().name = name;
  return all.back();
}

Status read_size(const Arguments& arguments, std::string_view option, std::optional<std::int32_t>& size) {
  if (!arguments.has(option)) return {};
  TRY(const std::int64_t number, arguments.number(option, 0, 0, 1'073'741'824));
  size = static_cast<std::int32_t>(number);
  return {};
}

Result<TaskOverride> overrides_of(const Arguments& arguments, const TaskDefinitionSpec& spec) {
  TaskOverride overrides;
  if (arguments.has("overrides")) {
    TRY(const Node node, parse_json(arguments.get("overrides")));
    const Status status = decode(node, *type_of<TaskOverride>(), &overrides, {}, nullptr);
    if (!status.ok()) return Error(status.error()).under("--overrides");
  }
  overrides.cpu = arguments.get("task-cpu", overrides.cpu);
  overrides.memory = arguments.get("task-memory", overrides.memory);
  const bool of_container = arguments.words.size() > 1 || arguments.has("env") || arguments.has("cpu") ||
                            arguments.has("memory") || arguments.has("memory-reservation");
  if (!of_container) return overrides;
  ContainerOverride& change = override_for(arguments, spec, overrides);
  if (arguments.words.size() > 1) change.command.assign(arguments.words.begin() + 1, arguments.words.end());
  for (const std::string& pair : arguments.all("env")) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return Error{Code::malformed, str("--env ", pair, ": must be NAME=VALUE"), {}};
    const std::string name = pair.substr(0, equals);
    std::erase_if(change.environment, [&](const KeyValuePair& each) { return each.name == name; });
    change.environment.push_back({name, pair.substr(equals + 1)});
  }
  TRY_VOID(read_size(arguments, "cpu", change.cpu));
  TRY_VOID(read_size(arguments, "memory", change.memory));
  TRY_VOID(read_size(arguments, "memory-reservation", change.memory_reservation));
  return overrides;
}

int run(const Arguments& arguments) {
  if (arguments.words.empty())
    return fail_usage(run_verb(), Error{Code::malformed, "name a task definition: web or web:3", {}});
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  const auto count = arguments.number("count", 1, 1, 1'000);
  if (!count.ok()) return fail_usage(run_verb(), count.error());
  auto task_run = make<TaskRun>();
  const std::string definition = arguments.words[0];
  const std::string family = definition.substr(0, definition.find(':'));
  const auto spec = fetch_definition(*session, definition);
  if (!spec.ok()) return fail(spec.error());
  task_run.metadata.generate_name = family + "-";
  task_run.metadata.ns = session->ns;
  task_run.spec.task_definition = definition;
  task_run.spec.count = static_cast<std::int32_t>(*count);
  task_run.spec.started_by = arguments.get("started-by", "muster run");
  auto overrides = overrides_of(arguments, *spec);
  if (!overrides.ok()) return fail_usage(run_verb(), overrides.error());
  task_run.spec.overrides = std::move(*overrides);
  const auto made =
      session->api->json("POST", str(client::path_of(kind_of<TaskRun>(), session->ns), "?fieldValidation=Strict"),
                         encode_object(task_run));
  if (!made.ok()) return fail(made.error());
  const auto object = decode_object(*made, &kind_of<TaskRun>(), DecodeOptions{Unknown::ignore, {}}, nullptr);
  if (!object.ok()) return fail(object.error());
  std::printf("taskrun/%s created\n", (*object)->metadata.name.c_str());
  std::fflush(stdout);
  if (!arguments.has("wait")) return exit_code::ok;
  const auto code = wait_for(*session, **object);
  return code.ok() ? *code : fail(code.error());
}

}  // namespace

const Verb& run_verb() {
  static const Verb verb{
      "run",
      "DEFINITION [-- COMMAND...]",
      "run a one-off task",
      "Makes a TaskRun: tasks that run to completion. With --wait the exit code is that\n"
      "of the first task that failed, or 0.\n\n"
      "  muster run web --wait -- echo hello\n"
      "  muster run batch:3 --count 4\n"
      "  muster run web -c app --memory 512 -e STAGE=test -- migrate\n",
      client_options(
          {{"count", 0, "N", "How many tasks must succeed (default 1)."},
           {"wait", 0, "", "Wait until the run has ended and pass its exit code on."},
           {"container", 'c', "NAME", "Which container COMMAND and --env are for (default: the first essential one)."},
           {"env", 'e', "NAME=VALUE", "Environment variable; may be given several times."},
           {"cpu", 0, "UNITS", "CPU units of that container."},
           {"memory", 0, "MIB", "Memory that it may use."},
           {"memory-reservation", 0, "MIB", "Memory that is reserved for it."},
           {"task-cpu", 0, "CPU", "CPU of the whole task, as in 512 or '0.5 vCPU'."},
           {"task-memory", 0, "MEMORY", "Memory of the whole task, as in 512 or 1GB."},
           {"overrides", 0, "JSON",
            "All overrides at once, as ECS's run-task takes them; the options above come on top."},
           {"started-by", 0, "TEXT", "Who started it (default \"muster run\")."}}),
      &run};
  return verb;
}

}  // namespace muster::cmd
