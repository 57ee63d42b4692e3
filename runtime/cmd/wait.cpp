// muster wait
#include <cstdio>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/base/loop.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

struct Goal {
  bool gone = false;
  std::string condition, status = "True";
};

Result<Goal> parse_goal(const std::string& text) {
  Goal goal;
  if (text == "delete") {
    goal.gone = true;
    return goal;
  }
  constexpr std::string_view prefix = "condition=";
  if (text.substr(0, prefix.size()) != prefix || text.size() == prefix.size()) {
    return Error{Code::malformed, str("--for ", text, ": there are condition=TYPE[=STATUS] and delete"), {}};
  }
  goal.condition = text.substr(prefix.size());
  if (const std::size_t equals = goal.condition.find('='); equals != std::string::npos) {
    goal.status = goal.condition.substr(equals + 1);
    goal.condition.resize(equals);
  }
  return goal;
}

// As kubectl: a condition of an older generation does not count.
bool reached(const Node& object, const Goal& goal) {
  const Node* status = object.find("status");
  const Node* conditions = status == nullptr ? nullptr : status->find("conditions");
  if (conditions == nullptr) return false;
  const Node* generation = object.find("metadata")->find("generation");
  for (const Node& condition : conditions->items) {
    if (to_lower(condition.text_of("type")) != to_lower(goal.condition)) continue;
    const Node* observed = condition.find("observedGeneration");
    if (observed == nullptr) observed = status->find("observedGeneration");
    if (generation != nullptr && observed != nullptr && observed->integer < generation->integer) return false;
    return to_lower(condition.text_of("status")) == to_lower(goal.status);
  }
  return false;
}

Status wait_for(Session& session, const Reference& reference, const Goal& goal, Duration deadline) {
  const std::string_view ns = namespace_for(*reference.kind, session);
  const auto first = session.api->get(client::path_of(*reference.kind, ns, reference.name));
  if (!first.ok()) return first.error().code == Code::not_found && goal.gone ? Status() : Status(first.error());
  if (!goal.gone && reached(*first, goal)) return {};
  while (true) {
    const Duration left = deadline - system_monotonic();
    const Error late{Code::timeout,
                     str("timed out waiting for ", goal.gone ? "the deletion" : str("condition ", goal.condition),
                         " of ", reference.kind->singular, "/", reference.name),
                     {}};
    const std::string watch = str(client::path_of(*reference.kind, ns), "?watch=true&fieldSelector=metadata.name%3D",
                                  http::percent_encode(reference.name));
    bool done = false;
    bool seen = false;
    TRY_VOID(session.api->lines(
        watch, {{"Accept", "application/json"}},
        [&](std::string_view line) {
          const auto event = parse_json(line);
          if (!event.ok() || event->find("object") == nullptr) return true;
          seen = true;
          done = goal.gone ? event->text_of("type") == "DELETED" : reached(*event->find("object"), goal);
          return !done;
        },
        left));
    if (done) return {};
    if (deadline <= system_monotonic()) return late;
    if (goal.gone && !seen) return {};  // it went between the two requests
  }
}

int run(const Arguments& arguments) {
  auto references = parse_references(arguments.words);
  if (!references.ok()) return fail_usage(wait_verb(), references.error());
  const auto goal = parse_goal(arguments.get("for", "condition=Ready"));
  if (!goal.ok()) return fail_usage(wait_verb(), goal.error());
  const auto timeout = arguments.duration("timeout", std::chrono::seconds(30));
  if (!timeout.ok()) return fail_usage(wait_verb(), timeout.error());
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  const Duration deadline = system_monotonic() + *timeout;
  for (const Reference& reference : *references) {
    if (reference.name.empty())
      return fail_usage(wait_verb(), Error{Code::malformed, "name the objects to wait for: service/web", {}});
    if (const Status status = wait_for(*session, reference, *goal, deadline); !status.ok()) return fail(status.error());
    std::printf("%s/%s %s\n", std::string(reference.kind->singular).c_str(), reference.name.c_str(),
                goal->gone ? "deleted" : "condition met");
  }
  return exit_code::ok;
}

}  // namespace

const Verb& wait_verb() {
  static const Verb verb{
      "wait",
      "KIND/NAME...",
      "wait for a condition of objects",
      "Blocks until the objects have the condition, or until the timeout: exit code 1.\n\n"
      "  muster wait service/web --for condition=Ready --timeout 60s\n"
      "  muster wait task/x --for delete\n",
      client_options({{"for", 0, "GOAL", "condition=TYPE[=STATUS] or delete (default condition=Ready)."},
                      {"timeout", 0, "DURATION", "How long (default 30s)."}}),
      &run};
  return verb;
}

}  // namespace muster::cmd
