// muster patch
#include <cstdio>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/schema/yaml.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

struct Patch {
  std::string body, media_type;
};

// In YAML, of which JSON is a part.
Result<Patch> read_patch(const Arguments& arguments) {
  const std::string type = arguments.get("type", "merge");
  if (type != "merge" && type != "json") {
    return Error{Code::malformed, str("--type ", type, ": there are merge (RFC 7386) and json (RFC 6902)"), {}};
  }
  if (!arguments.has("patch")) return Error{Code::malformed, "say what to change: -p '{\"spec\": ...}'", {}};
  auto documents = parse_yaml(arguments.get("patch"));
  if (!documents.ok()) return Error{Code::malformed, "--patch: " + documents.error().message, {}};
  const bool fits =
      documents->size() == 1 && (type == "merge" ? documents->front().is_map() : documents->front().is_list());
  if (!fits) {
    return Error{
        Code::malformed,
        type == "merge" ? "--patch: a merge patch is one map" : "--patch: a JSON patch is one list of operations",
        {}};
  }
  return Patch{write_json(documents->front()), str("application/", type, "-patch+json")};
}

int run(const Arguments& arguments) {
  const auto reference = parse_reference(arguments.words);
  if (!reference.ok()) return fail_usage(patch_verb(), reference.error());
  const auto patch = read_patch(arguments);
  if (!patch.ok()) return fail_usage(patch_verb(), patch.error());
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  const std::string path =
      client::path_of(*reference->kind, namespace_for(*reference->kind, *session), reference->name);
  const auto before = session->api->get(path);
  if (!before.ok()) return fail(before.error());
  const auto after = session->api->json("PATCH", path + "?fieldValidation=Strict", patch->body, patch->media_type);
  if (!after.ok()) return fail(after.error());
  const bool same =
      before->find("metadata")->text_of("resourceVersion") == after->find("metadata")->text_of("resourceVersion");
  std::printf("%s/%s %s\n", std::string(reference->kind->singular).c_str(), reference->name.c_str(),
              same ? "unchanged" : "patched");
  return exit_code::ok;
}

}  // namespace

const Verb& patch_verb() {
  static const Verb verb{"patch",
                         "KIND/NAME -p PATCH",
                         "change some fields of an object",
                         "A merge patch replaces the fields that it names, and removes those that are\n"
                         "null; lists are replaced as a whole. A JSON patch is a list of operations.\n\n"
                         "  muster patch service/web -p 'spec: {desiredCount: 4}'\n"
                         "  muster patch service/web --type json \\\n"
                         "    -p '[{\"op\": \"remove\", \"path\": \"/spec/placementStrategy\"}]'\n",
                         client_options({{"patch", 'p', "PATCH", "The patch, in JSON or YAML."},
                                         {"type", 0, "TYPE", "merge or json (default merge)."}}),
                         &run};
  return verb;
}

}  // namespace muster::cmd
