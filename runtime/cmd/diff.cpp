// muster diff
#include <cstdio>

#include "api/base/text.h"
#include "api/schema/conceal.h"
#include "api/schema/difference.h"
#include "api/schema/json.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/manifests.h"
#include "runtime/cmd/three_way.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

constexpr int different = 1;
constexpr int trouble = 2;

// Without what changes by itself or is the server's own business.
Node comparable(Node node) {
  node.erase("status");
  if (Node* metadata = node.find("metadata")) {
    for (const char* name : {"resourceVersion", "uid", "generation", "creationTimestamp", "managedFields"})
      metadata->erase(name);
    if (Node* annotations = metadata->find("annotations")) {
      annotations->erase(last_applied_annotation);
      if (annotations->members.empty()) metadata->erase("annotations");
    }
  }
  return node;
}

Result<std::string> diff_one(Session& session, const Manifest& manifest) {
  const Object& object = *manifest.object;
  const std::string path = client::path_of(*object.kind, object.metadata.ns, object.metadata.name);
  const std::string name = display_name(object);
  const Node wanted = remembered(manifest.node);
  auto live = session.api->get(path);
  if (!live.ok() && live.error().code != Code::not_found) return std::move(live).error();
  if (!live.ok()) {
    TRY(Node made,
        session.api->json("POST",
                          str(client::path_of(*object.kind, object.metadata.ns), "?dryRun=All&fieldValidation=Strict"),
                          write_json(wanted)));
    conceal(*object.kind->type(), made);
    return unified_diff(Node::map(), comparable(std::move(made)), "live/" + name, "new/" + name);
  }
  Node last;
  if (const Node* annotations = live->find("metadata")->find("annotations")) {
    if (auto parsed = parse_json(annotations->text_of(last_applied_annotation)); parsed.ok())
      last = std::move(parsed).value();
  }
  const Node patch = three_way_patch(*live, wanted, last);
  if (patch.members.empty()) return std::string();
  TRY(Node changed, session.api->json("PATCH", str(path, "?dryRun=All&fieldValidation=Strict"), write_json(patch),
                                      "application/merge-patch+json"));
  conceal(*object.kind->type(), *live, changed);
  return unified_diff(comparable(std::move(live).value()), comparable(std::move(changed)), "live/" + name,
                      "new/" + name);
}

int run(const Arguments& arguments) {
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error()), trouble;
  std::vector<Warning> warnings;
  auto manifests = load_manifests(arguments.all("filename"), session->ns, warnings);
  if (!manifests.ok()) return fail(manifests.error()), trouble;
  int code = exit_code::ok;
  for (const Manifest& manifest : *manifests) {
    const auto text = diff_one(*session, manifest);
    if (!text.ok()) {
      fail(text.error());
      code = trouble;
    } else if (!text->empty()) {
      std::printf("%s", text->c_str());
      if (code == exit_code::ok) code = different;
    }
  }
  return code;
}

}  // namespace

const Verb& diff_verb() {
  static const Verb verb{
      "diff",
      "-f FILE...",
      "show what apply would change",
      "Prints the difference between what is stored and what 'muster apply' would\n"
      "store. Exit code 0: none, 1: there are differences, 2: it could not be told.\n",
      client_options({{"filename", 'f', "FILE", "File, folder, or - for standard input; may be given several times."}}),
      &run};
  return verb;
}

}  // namespace muster::cmd
