// muster explain
#include <cstdio>

#include "api/base/text.h"
#include "api/ecs/fields.h"
#include "api/schema/reference.h"
#include "api/types/reference.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

int print_reference(const std::string& which) {
  if (which != "kinds" && which != "ecs") {
    return fail_usage(explain_verb(),
                      Error{Code::malformed, str("--reference ", which, ": there are kinds and ecs"), {}});
  }
  std::printf("%s", (which == "kinds" ? reference_markdown() : ecs::fields_markdown()).c_str());
  return exit_code::ok;
}

int run(const Arguments& arguments) {
  if (arguments.has("reference")) return print_reference(arguments.get("reference"));
  if (arguments.words.size() != 1)
    return fail_usage(
        explain_verb(),
        Error{Code::malformed, "name a kind and, if you like, a field: service.spec.deploymentConfiguration", {}});
  const std::vector<std::string_view> parts = split(arguments.words[0], '.');
  auto references = parse_references({std::string(parts[0])});
  if (!references.ok()) return fail_usage(explain_verb(), references.error());
  const Kind& kind = *references->front().kind;
  const std::vector<std::string> path(parts.begin() + 1, parts.end());
  const auto text = explain(*kind.type(), path, str("KIND:     ", kind.kind, "\nVERSION:  ", kind.api_version()));
  if (!text.ok()) return fail(text.error());
  std::printf("%s", text->c_str());
  return exit_code::ok;
}

}  // namespace

const Verb& explain_verb() {
  static const Verb verb{
      "explain",
      "KIND[.FIELD...]",
      "show the documentation of a kind or field",
      "Prints fields with their types, limits, defaults and what they are for.\n"
      "Needs no server.\n\n"
      "  muster explain service.spec\n"
      "  muster explain taskdefinition.spec.containerDefinitions.portMappings\n",
      {{"reference", 0, "WHAT",
        "kinds: everything about every kind; ecs: how each field of an ECS task definition is treated; as markdown."}},
      &run};
  return verb;
}

}  // namespace muster::cmd
