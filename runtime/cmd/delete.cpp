// muster delete
#include <algorithm>
#include <cstdio>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/manifests.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

struct Victim {
  const Kind* kind;
  std::string ns, name;
};

// Blocks until the object of this uid has gone.
Status wait_until_gone(Session& session, const Victim& victim, const std::string& uid) {
  const std::string path = client::path_of(*victim.kind, victim.ns, victim.name);
  auto now = session.api->get(path);
  if (!now.ok()) return now.error().code == Code::not_found ? Status() : Status(std::move(now).error());
  if (now->find("metadata")->text_of("uid") != uid) return {};
  const std::string watch =
      str(client::path_of(*victim.kind, victim.ns), "?watch=true&fieldSelector=metadata.name%3D",
          http::percent_encode(victim.name), "&resourceVersion=", now->find("metadata")->text_of("resourceVersion"));
  bool gone = false;
  TRY_VOID(session.api->lines(watch, {{"Accept", "application/json"}}, [&](std::string_view line) {
    const auto event = parse_json(line);
    gone = event.ok() && event->text_of("type") == "DELETED";
    return !gone && event.ok() && event->text_of("type") != "ERROR";
  }));
  // The watch ended for another reason: look again.
  return gone ? Status() : wait_until_gone(session, victim, uid);
}

Status remove_one(Session& session, const Victim& victim, const std::string& body, bool wait) {
  const std::string path = client::path_of(*victim.kind, victim.ns, victim.name);
  TRY(const Node answer, session.api->json("DELETE", path, body));
  std::printf("%s \"%s\" deleted\n", std::string(victim.kind->singular).c_str(), victim.name.c_str());
  std::fflush(stdout);
  if (!wait || answer.text_of("kind") == "Status") return {};
  return wait_until_gone(session, victim, std::string(answer.find("metadata")->text_of("uid")));
}

Result<std::vector<Victim>> victims_of(Session& session, const Arguments& arguments) {
  std::vector<Victim> out;
  if (arguments.has("filename")) {
    std::vector<Warning> warnings;
    TRY(const std::vector<Manifest> manifests, load_manifests(arguments.all("filename"), session.ns, warnings));
    for (const Manifest& manifest : manifests)
      out.push_back({manifest.object->kind, manifest.object->metadata.ns, manifest.object->metadata.name});
    std::reverse(out.begin(), out.end());  // what refers to others goes first
    return out;
  }
  TRY(const std::vector<Reference> references, parse_references(arguments.words));
  for (const Reference& reference : references) {
    const std::string ns(namespace_for(*reference.kind, session));
    if (!reference.name.empty()) {
      out.push_back({reference.kind, ns, reference.name});
      continue;
    }
    if (!arguments.has("all") && !arguments.has("selector")) {
      return Error{Code::malformed, str("name which ", reference.kind->plural, " to delete, or give --all or -l"), {}};
    }
    const std::string query =
        arguments.has("selector") ? "labelSelector=" + http::percent_encode(arguments.get("selector")) : std::string();
    TRY(const auto objects, fetch_all(session, *reference.kind, query));
    for (const auto& object : objects) out.push_back({reference.kind, ns, object->metadata.name});
  }
  return out;
}

int run(const Arguments& arguments) {
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  const std::string cascade = arguments.get("cascade", "background");
  std::string policy;
  if (cascade == "background") policy = "Background";
  if (cascade == "foreground") policy = "Foreground";
  if (cascade == "orphan") policy = "Orphan";
  if (policy.empty())
    return fail_usage(
        delete_verb(),
        Error{Code::malformed, str("--cascade ", cascade, ": there are background, foreground and orphan"), {}});
  auto victims = victims_of(*session, arguments);
  if (!victims.ok())
    return victims.error().code == Code::malformed && !arguments.has("filename")
               ? fail_usage(delete_verb(), victims.error())
               : fail(victims.error());
  const std::string body = str("{\"propagationPolicy\":\"", policy, "\"}");
  int code = exit_code::ok;
  for (const Victim& victim : *victims) {
    const Status status = remove_one(*session, victim, body, !arguments.has("no-wait"));
    if (status.ok()) continue;
    if (status.error().code == Code::not_found && arguments.has("ignore-not-found")) continue;
    code = fail(status.error());
  }
  return code;
}

}  // namespace

const Verb& delete_verb() {
  static const Verb verb{
      "delete",
      "-f FILE... | KIND NAME... | KIND/NAME...",
      "delete objects",
      "Deletes objects and, in the background, what they own. A placed task is stopped\n"
      "first; the command waits until it has gone.\n\n"
      "  muster delete -f web.yaml\n"
      "  muster delete service/web\n",
      client_options(
          {{"filename", 'f', "FILE", "File, folder, or - for standard input; may be given several times."},
           {"selector", 'l', "LABELS", "All objects of the kind with these labels."},
           {"all", 0, "", "All objects of the kind in the namespace."},
           {"cascade", 0, "MODE", "background, foreground (owned objects first) or orphan (default background)."},
           {"ignore-not-found", 0, "", "An object that does not exist is no error."},
           {"no-wait", 0, "", "Do not wait until the objects have gone."}}),
      &run};
  return verb;
}

}  // namespace muster::cmd
