// muster rollout pause | resume | promote | abort
#include <cstdio>

#include "api/base/text.h"
#include "api/schema/describe.h"
#include "api/schema/json.h"
#include "api/types/service.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

Result<std::string> service_name(const std::vector<std::string>& words) {
  TRY(Reference reference, parse_reference(words));
  if (reference.kind != &kind_of<Service>())
    return Error{Code::malformed, "only services have rollouts: service/NAME", {}};
  return std::move(reference.name);
}

Status patch(Session& session, const std::string& name, const std::string& patch) {
  TRY_VOID(session.api->json("PATCH", client::path_of(kind_of<Service>(), session.ns, name), patch,
                             "application/merge-patch+json"));
  return {};
}

const Deployment* primary_of(const Service& service) {
  for (const Deployment& each : service.status.deployments) {
    if (each.status == DeploymentStatus::primary) return &each;
  }
  return nullptr;
}

Result<std::string> pause_it(Session& session, const std::string& name) {
  TRY(const auto object, fetch(session, kind_of<Service>(), name));
  const auto& service = static_cast<const Service&>(*object);
  if (service.spec.paused) return std::string("is paused already");
  TRY_VOID(patch(session, name, R"({"spec":{"paused":true}})"));
  const Deployment* primary = primary_of(service);
  const bool rolling = primary != nullptr && primary->rollout_state == RolloutState::in_progress;
  return rolling ? str("paused with ", primary->running_count, " of ", primary->desired_count, " tasks of ",
                       primary->task_definition)
                 : std::string("paused: no rollout begins until muster rollout resume");
}

Result<std::string> resume_it(Session& session, const std::string& name) {
  TRY(const auto object, fetch(session, kind_of<Service>(), name));
  if (!static_cast<const Service&>(*object).spec.paused) return std::string("is not paused");
  TRY_VOID(patch(session, name, R"({"spec":{"paused":null}})"));
  return std::string("resumed");
}

// Lets a rollout in steps go on after the present one.
Result<std::string> promote_it(Session& session, const std::string& name) {
  TRY(const auto object, fetch(session, kind_of<Service>(), name));
  const auto& service = static_cast<const Service&>(*object);
  const Deployment* primary = primary_of(service);
  const bool stepwise = service.spec.deployment_configuration.strategy.value_or(DeploymentStrategy::rolling) !=
                        DeploymentStrategy::rolling;
  if (primary == nullptr || primary->rollout_state != RolloutState::in_progress || !stepwise) {
    return Error{Code::invalid, str("no canary or linear rollout of service/", name, " is under way"), {}};
  }
  TRY(const auto set, fetch(session, kind_of<TaskSet>(), primary->task_set));
  const std::int32_t step = static_cast<const TaskSet&>(*set).status.step + 1;
  std::string body = R"({"metadata":{"annotations":{"muster.dev/promote":)";
  append_json_string(body, str(primary->id, '/', step));
  TRY_VOID(patch(session, name, body + "}}}"));
  return str("goes on after step ", step, " of ", primary->task_definition, ", as soon as its tasks are healthy");
}

// Whether a set of the service was ever completed: what an abort goes back to.
Result<std::string> last_completed(Session& session, const Service& service) {
  TRY(const auto sets, fetch_all(session, kind_of<TaskSet>(),
                                 "fieldSelector=" + http::percent_encode("spec.service=" + service.metadata.name)));
  std::string found;
  Time newest{};
  for (const auto& each : sets) {
    const auto& set = static_cast<const TaskSet&>(*each);
    const OwnerReference* owner = controller_of(set.metadata);
    if (owner == nullptr || owner->uid != service.metadata.uid) continue;
    if (set.status.rollout_state != RolloutState::completed || set.status.completed_at < newest) continue;
    newest = set.status.completed_at;
    found = set.spec.task_definition;
  }
  return found;
}

Result<std::string> abort_it(Session& session, const std::string& name) {
  TRY(const auto object, fetch(session, kind_of<Service>(), name));
  const auto& service = static_cast<const Service&>(*object);
  const Deployment* primary = primary_of(service);
  if (primary == nullptr || primary->rollout_state != RolloutState::in_progress) {
    return Error{
        Code::invalid, str("no rollout of service/", name, " is under way; muster rollout undo goes back"), {}};
  }
  TRY(const std::string target, last_completed(session, service));
  if (target.empty()) {
    return Error{Code::invalid,
                 str("service/", name, " has never been rolled out before: there is nothing to go back to; ",
                     "muster scale, or muster delete, ends it"),
                 {}};
  }
  std::string body = R"({"metadata":{"annotations":{"muster.dev/abort":)";
  append_json_string(body, primary->id);
  TRY_VOID(patch(session, name, body + "}}}"));
  return str("gives up ", primary->task_definition, " and goes back to ", target,
             "; another definition or a restart is tried again");
}

int run(const Arguments& arguments, const Verb& verb,
        Result<std::string> (*act)(Session& session, const std::string& name)) {
  const auto name = service_name(arguments.words);
  if (!name.ok()) return fail_usage(verb, name.error());
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  const auto said = act(*session, *name);
  if (!said.ok()) return fail(said.error());
  std::printf("service/%s %s\n", name->c_str(), said->c_str());
  return exit_code::ok;
}

int pause(const Arguments& arguments) {
  return run(arguments, rollout_pause_verb(), &pause_it);
}
int resume(const Arguments& arguments) {
  return run(arguments, rollout_resume_verb(), &resume_it);
}
int promote(const Arguments& arguments) {
  return run(arguments, rollout_promote_verb(), &promote_it);
}
int abort(const Arguments& arguments) {
  return run(arguments, rollout_abort_verb(), &abort_it);
}

}  // namespace

const Verb& rollout_pause_verb() {
  static const Verb verb{"rollout pause",
                         "service/NAME",
                         "hold a rollout where it is, and begin no other",
                         "What runs goes on: tasks that end are replaced by tasks of the same definition,\n"
                         "old or new, and the count may change. A progress deadline does not run.\n",
                         client_options({}),
                         &pause};
  return verb;
}

const Verb& rollout_resume_verb() {
  static const Verb verb{"rollout resume",
                         "service/NAME",
                         "let a paused rollout go on",
                         "A change that was made meanwhile is rolled out now.\n",
                         client_options({}),
                         &resume};
  return verb;
}

const Verb& rollout_promote_verb() {
  static const Verb verb{"rollout promote",
                         "service/NAME",
                         "let a canary or linear rollout take its next step",
                         "Ends the present step as soon as its tasks are healthy, without waiting for its\n"
                         "bake time; with pauseAfterStep each step waits for this.\n",
                         client_options({}),
                         &promote};
  return verb;
}

const Verb& rollout_abort_verb() {
  static const Verb verb{"rollout abort",
                         "service/NAME",
                         "give up a rollout and go back at once",
                         "Brings back the last configuration that was completely rolled out, with the\n"
                         "tasks that it still has. The spec stays as it is: what was given up is not\n"
                         "tried again until it asks for something else, or a restart.\n",
                         client_options({}),
                         &abort};
  return verb;
}

}  // namespace muster::cmd
