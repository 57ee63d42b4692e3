// muster rollout status | restart | undo
#include <algorithm>
#include <cstdio>

#include "api/base/text.h"
#include "api/schema/describe.h"
#include "api/schema/json.h"
#include "api/types/service.h"
#include "runtime/base/loop.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

constexpr Duration settling_time = std::chrono::seconds(1);

Result<Reference> service_reference(const std::vector<std::string>& words) {
  TRY(Reference reference, parse_reference(words));
  if (reference.kind != &kind_of<Service>())
    return Error{Code::malformed, "only services have rollouts: service/NAME", {}};
  return reference;
}

// What the rollout waits for, in one line.
std::string progress(const Service& service) {
  if (service.status.observed_generation < service.metadata.generation) return "waiting for the change to be seen";
  std::int32_t old = 0;
  const Deployment* primary = nullptr;
  for (const Deployment& deployment : service.status.deployments) {
    if (deployment.status == DeploymentStatus::primary) {
      primary = &deployment;
    } else {
      old += deployment.running_count + deployment.pending_count;
    }
  }
  if (primary == nullptr) return "waiting for the deployment to begin";
  std::string text =
      str(primary->task_definition, ": ", primary->running_count, " of ", primary->desired_count, " tasks running");
  if (primary->pending_count > 0) text += str(", ", primary->pending_count, " pending");
  if (old > 0) text += str(", ", old, " old ones still there");
  if (const Condition* reconciling = find_condition(service.status.conditions, "Reconciling");
      reconciling != nullptr && !reconciling->message.empty()) {
    text += str(" (", reconciling->message, ")");
  }
  return text;
}

const Deployment* primary_of(const Service& service) {
  for (const Deployment& deployment : service.status.deployments) {
    if (deployment.status == DeploymentStatus::primary) return &deployment;
  }
  return nullptr;
}

// Whether the completed deployment is the one that the service asks for now: a change of the definition or a restart
// may not have reached the service's controller yet, and neither changes the generation that it has observed.
Result<bool> is_current(Session& session, const Service& service, const Deployment& primary) {
  const std::string& definition = service.spec.task_definition;
  if (definition.find(':') != std::string::npos) {
    if (primary.task_definition != definition) return false;
  } else {
    const auto family = fetch(session, kind_of<TaskDefinition>(), definition);
    if (!family.ok() && family.error().code != Code::not_found) return family.error();
    if (family.ok()) {
      const auto latest = static_cast<const TaskDefinition&>(**family).status.latest_revision;
      if (primary.task_definition != str(definition, ":", latest)) return false;
    }
  }
  const auto asked = service.metadata.annotations.find("muster.dev/restartedAt");
  if (asked == service.metadata.annotations.end()) return true;
  const auto set = fetch(session, kind_of<TaskSet>(), primary.task_set);
  if (!set.ok()) return set.error().code == Code::not_found ? Result<bool>(false) : Result<bool>(set.error());
  return static_cast<const TaskSet&>(**set).spec.restarted_at == asked->second;
}

// Whether a deployment that has failed is about to be replaced by one that was completed.
Result<bool> rolls_back(Session& session, const Service& service) {
  if (!service.spec.deployment_configuration.deployment_circuit_breaker.rollback) return false;
  TRY(const auto sets, fetch_all(session, kind_of<TaskSet>(),
                                 "fieldSelector=" + http::percent_encode("spec.service=" + service.metadata.name)));
  return std::ranges::any_of(sets, [&](const auto& each) {
    const auto& set = static_cast<const TaskSet&>(*each);
    const OwnerReference* owner = controller_of(set.metadata);
    return owner != nullptr && owner->uid == service.metadata.uid && !set.metadata.deleting() &&
           set.status.rollout_state == RolloutState::completed;
  });
}

// Why what the service asks for now was given up; empty when it was not.
Result<std::string> failure_of(Session& session, const Service& service, const Deployment& primary) {
  if (primary.rollout_state == RolloutState::failed) {
    TRY(const bool current, is_current(session, service, primary));
    if (!current) return std::string();
    TRY(const bool goes_back, rolls_back(session, service));
    const Condition* why = find_condition(service.status.conditions, "Stalled");
    if (goes_back) return std::string();  // the end of that is waited for
    return why != nullptr && why->reason == "DeploymentFailed" ? why->message : primary.rollout_state_reason;
  }
  const Condition* stalled = find_condition(service.status.conditions, "Stalled");
  if (stalled == nullptr || stalled->reason != "RolledBack") return std::string();
  TRY(const auto set, fetch(session, kind_of<TaskSet>(), primary.task_set));
  const auto from = set->metadata.annotations.find("muster.dev/rolled-back-from");
  if (from == set->metadata.annotations.end()) return std::string();
  const auto failed = fetch(session, kind_of<TaskSet>(), from->second);
  if (!failed.ok()) return failed.error().code == Code::not_found ? Result<std::string>("") : failed.error();
  Deployment tried;
  tried.task_definition = static_cast<const TaskSet&>(**failed).spec.task_definition;
  tried.task_set = from->second;
  TRY(const bool current, is_current(session, service, tried));
  return current ? stalled->message : std::string();
}

Status follow(Session& session, const std::string& name, Duration deadline) {
  std::string said;
  // The completion that was seen. It must hold for a moment: a command that exits at once has been running, too.
  std::string completed;
  Status failed;
  // The watch occupies the session's own connection.
  TRY(auto api, client::ApiClient::open(session.api->target()));
  Session asking{std::move(api), session.ns};
  while (true) {
    const Duration left = deadline - system_monotonic();
    if (completed.empty() && left <= Duration::zero())
      return Error{Code::timeout, str("the rollout of service/", name, " has not completed: ", said), {}};
    const std::string watch = str(client::path_of(kind_of<Service>(), session.ns),
                                  "?watch=true&fieldSelector=metadata.name%3D", http::percent_encode(name));
    const bool holding = !completed.empty();
    bool settled = false;
    TRY_VOID(session.api->lines(
        watch, {{"Accept", "application/json"}},
        [&](std::string_view line) {
          const auto event = parse_json(line);
          if (!event.ok() || event->find("object") == nullptr) return true;
          if (event->text_of("type") == "DELETED") {
            failed = Error{Code::not_found, str("service/", name, " was deleted"), {}};
            return false;
          }
          const auto object =
              decode_object(*event->find("object"), &kind_of<Service>(), DecodeOptions{Unknown::ignore, {}}, nullptr);
          if (!object.ok()) return true;
          const auto& service = static_cast<const Service&>(**object);
          const Deployment* primary = primary_of(service);
          const bool seen = service.status.observed_generation >= service.metadata.generation;
          if (seen && primary != nullptr) {
            const auto reason = failure_of(asking, service, *primary);
            if (!reason.ok() || !reason->empty()) {
              failed = reason.ok()
                           ? Error{Code::internal, str("the rollout of service/", name, " failed: ", *reason), {}}
                           : reason.error();
              return false;
            }
          }
          if (seen && primary != nullptr && primary->rollout_state == RolloutState::completed) {
            const auto current = is_current(asking, service, *primary);
            if (!current.ok()) {
              failed = current.error();
              return false;
            }
            if (!*current) {  // its beginning is another event
              completed.clear();
              return true;
            }
            if (const Condition* ready = find_condition(service.status.conditions, "Ready");
                ready != nullptr && ready->status == "True") {
              settled = system_now() - ready->last_transition_time > 2 * settling_time;
              completed = str(primary->task_definition, " rolled out, ", primary->running_count, " tasks running");
              return holding && !settled;
            }
          }
          completed.clear();
          if (std::string now = progress(service); now != said) {
            said = std::move(now);
            std::printf("service/%s: %s\n", name.c_str(), said.c_str());
            std::fflush(stdout);
          }
          return !holding;
        },
        holding ? settling_time : left));
    if (!failed.ok()) return failed;
    if (completed.empty() || (!holding && !settled)) continue;
    std::printf("service/%s: %s\n", name.c_str(), completed.c_str());
    return {};
  }
}

int status(const Arguments& arguments) {
  const auto reference = service_reference(arguments.words);
  if (!reference.ok()) return fail_usage(rollout_status_verb(), reference.error());
  const auto timeout = arguments.duration("timeout", std::chrono::minutes(10));
  if (!timeout.ok()) return fail_usage(rollout_status_verb(), timeout.error());
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  if (const auto service = fetch(*session, *reference->kind, reference->name); !service.ok())
    return fail(service.error());
  const Status result = follow(*session, reference->name, system_monotonic() + *timeout);
  return result.ok() ? exit_code::ok : fail(result.error());
}

int restart(const Arguments& arguments) {
  const auto reference = service_reference(arguments.words);
  if (!reference.ok()) return fail_usage(rollout_restart_verb(), reference.error());
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  const std::string patch =
      str(R"({"metadata":{"annotations":{"muster.dev/restartedAt":")", format_time(system_now()), "\"}}}");
  const auto answer = session->api->json("PATCH", client::path_of(*reference->kind, session->ns, reference->name),
                                         patch, "application/merge-patch+json");
  if (!answer.ok()) return fail(answer.error());
  std::printf("service/%s restarted\n", reference->name.c_str());
  return exit_code::ok;
}

int undo(const Arguments& arguments) {
  const auto reference = service_reference(arguments.words);
  if (!reference.ok()) return fail_usage(rollout_undo_verb(), reference.error());
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  const auto object = fetch(*session, *reference->kind, reference->name);
  if (!object.ok()) return fail(object.error());
  const auto& service = static_cast<const Service&>(**object);
  std::string target = arguments.get("to");
  if (!target.empty()) {
    const auto revision = fetch(*session, kind_of<TaskDefinitionRevision>(), target);
    if (!revision.ok()) return fail(revision.error());
  } else if (const Condition* stalled = find_condition(service.status.conditions, "Stalled");
             stalled != nullptr && stalled->reason == "RolledBack") {
    // It has gone back by itself: what it runs is what it is to ask for.
    target = service.status.task_definition;
    std::printf("service/%s: %s\n", reference->name.c_str(), stalled->message.c_str());
  } else {
    // The newest configuration before the present one that once completed.
    const auto sets = fetch_all(*session, kind_of<TaskSet>(),
                                "fieldSelector=" + http::percent_encode("spec.service=" + reference->name));
    if (!sets.ok()) return fail(sets.error());
    Time newest{};
    for (const auto& candidate : *sets) {
      const auto& set = static_cast<const TaskSet&>(*candidate);
      const OwnerReference* owner = controller_of(set.metadata);
      if (owner == nullptr || owner->uid != service.metadata.uid ||
          set.spec.task_definition == service.status.task_definition)
        continue;
      if (!is_set(set.status.completed_at) || set.status.completed_at < newest) continue;
      newest = set.status.completed_at;
      target = set.spec.task_definition;
    }
    if (target.empty())
      return fail(Error{Code::not_found,
                        str("service/", reference->name,
                            " has no earlier configuration that was ever rolled out; name one with --to FAMILY:N"),
                        {}});
  }
  std::string patch = "{\"spec\":{\"taskDefinition\":";
  append_json_string(patch, target);
  patch += "}}";
  const auto answer = session->api->json("PATCH", client::path_of(*reference->kind, session->ns, reference->name),
                                         patch, "application/merge-patch+json");
  if (!answer.ok()) return fail(answer.error());
  std::printf(
      "service/%s goes back to %s and is pinned to it; apply a manifest with another taskDefinition to unpin it\n",
      reference->name.c_str(), target.c_str());
  return exit_code::ok;
}

}  // namespace

const Verb& rollout_status_verb() {
  static const Verb verb{"rollout status",
                         "service/NAME",
                         "follow a rollout until it has completed",
                         "Prints what the rollout waits for, until it has completed (exit code 0) or\n"
                         "failed.\n",
                         client_options({{"timeout", 0, "DURATION", "How long to wait (default 10m)."}}),
                         &status};
  return verb;
}

const Verb& rollout_restart_verb() {
  static const Verb verb{"rollout restart",
                         "service/NAME",
                         "replace all tasks by new ones of the same definition",
                         "Begins a new rollout of the same configuration.\n",
                         client_options({}),
                         &restart};
  return verb;
}

const Verb& rollout_undo_verb() {
  static const Verb verb{"rollout undo",
                         "service/NAME",
                         "go back to an earlier revision",
                         "Rolls the service back to the last revision that was completely rolled out\n"
                         "before the present one, or to the one named, and pins it.\n",
                         client_options({{"to", 0, "FAMILY:N", "Revision to go back to."}}),
                         &undo};
  return verb;
}

}  // namespace muster::cmd
