// muster apply
#include <cstdio>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/manifests.h"
#include "runtime/cmd/three_way.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

// What the manifest says, and a note of it for the next apply. Defaults are the server's to fill.
Node wanted_node(const Manifest& manifest) {
  Node node = remembered(manifest.node);
  const std::string text = write_json(node);
  if (!node.at("metadata").at("annotations").is_map()) node.at("metadata").at("annotations") = Node::map();
  node.at("metadata").at("annotations").at(last_applied_annotation) = Node::of(text);
  return node;
}

struct Applied {
  std::string verb;  // created, configured, unchanged
  Node object;
};

Result<Applied> apply_one(Session& session, const Manifest& manifest, const std::string& query) {
  const Object& object = *manifest.object;
  const std::string path = client::path_of(*object.kind, object.metadata.ns, object.metadata.name);
  const Node wanted = wanted_node(manifest);
  auto live = session.api->get(path);
  if (!live.ok() && live.error().code != Code::not_found) return std::move(live).error();
  if (!live.ok()) {
    TRY(Node made,
        session.api->json("POST", str(client::path_of(*object.kind, object.metadata.ns), query), write_json(wanted)));
    return Applied{"created", std::move(made)};
  }
  Node last;
  if (const Node* metadata = live->find("metadata")) {
    if (const Node* annotations = metadata->find("annotations")) {
      auto parsed = parse_json(annotations->text_of(last_applied_annotation));
      if (parsed.ok()) last = std::move(parsed).value();
    }
  }
  const Node patch = three_way_patch(*live, wanted, last);
  if (patch.members.empty()) return Applied{"unchanged", std::move(live).value()};
  TRY(Node changed, session.api->json("PATCH", str(path, query), write_json(patch), "application/merge-patch+json"));
  const auto revision = [](const Node& node) { return node.find("metadata")->text_of("resourceVersion"); };
  const bool same =
      query.find("dryRun") == std::string::npos ? revision(changed) == revision(*live) : equal(changed, *live);
  return Applied{same ? "unchanged" : "configured", std::move(changed)};
}

int run(const Arguments& arguments) {
  if (!arguments.words.empty())
    return fail_usage(apply_verb(),
                      Error{Code::malformed, str("\"", arguments.words[0], "\": name what to read with -f"), {}});
  if (!arguments.has("filename"))
    return fail_usage(apply_verb(), Error{Code::malformed, "name what to read with -f FILE, -f FOLDER or -f -", {}});
  const std::string dry_run = arguments.get("dry-run", "none");
  if (dry_run != "none" && dry_run != "server")
    return fail_usage(apply_verb(),
                      Error{Code::malformed, str("--dry-run ", dry_run, ": there are none and server"), {}});
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  std::vector<Warning> warnings;
  auto manifests = load_manifests(arguments.all("filename"), session->ns, warnings);
  if (!manifests.ok()) return fail(manifests.error());
  for (const Warning& warning : warnings)
    std::fprintf(stderr, "Warning: %s: %s\n", warning.field.c_str(), warning.message.c_str());
  const std::string query = dry_run == "server" ? "?dryRun=All&fieldManager=muster&fieldValidation=Strict"
                                                : "?fieldManager=muster&fieldValidation=Strict";
  int code = exit_code::ok;
  for (const Manifest& manifest : *manifests) {
    if (manifest.object->metadata.name.empty()) {
      code = fail(Error{Code::invalid, str(manifest.source, ": metadata.name: is needed to apply an object"), {}});
      continue;
    }
    auto applied = apply_one(*session, manifest, query);
    if (!applied.ok()) {
      code = fail(std::move(applied).error().under(manifest.source));
      continue;
    }
    if (arguments.get("output") == "json") {
      std::printf("%s", write_json_pretty(applied->object).c_str());
    } else {
      std::printf("%s %s%s\n", display_name(*manifest.object).c_str(), applied->verb.c_str(),
                  dry_run == "server" ? " (server dry run)" : "");
    }
  }
  return code;
}

}  // namespace

const Verb& apply_verb() {
  static const Verb verb{
      "apply",
      "-f FILE...",
      "make the cluster match manifests",
      "Makes the objects in the files, or changes those that exist to what the files\n"
      "say. What an earlier apply set and the file no longer says is taken away; what\n"
      "others set stays. YAML (many documents), JSON, lists, and ECS task definitions\n"
      "as 'aws ecs register-task-definition --cli-input-json' takes them.\n\n"
      "  muster apply -f web.yaml\n"
      "  muster apply -f manifests/\n"
      "  generate | muster apply -f -\n",
      client_options({{"filename", 'f', "FILE", "File, folder, or - for standard input; may be given several times."},
                      {"dry-run", 0, "MODE", "server: say what would happen, change nothing (default none)."},
                      {"output", 'o', "FORMAT", "json: print the objects as they are then."}}),
      &run};
  return verb;
}

}  // namespace muster::cmd
