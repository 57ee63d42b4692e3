// muster scale
#include <cstdio>

#include "api/base/text.h"
#include "api/types/service.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

int run(const Arguments& arguments) {
  auto references = parse_references(arguments.words);
  if (!references.ok()) return fail_usage(scale_verb(), references.error());
  const auto count = arguments.number("count", -1, 0, 100'000);
  if (!count.ok()) return fail_usage(scale_verb(), count.error());
  if (*count < 0) return fail_usage(scale_verb(), Error{Code::malformed, "say how many tasks: --count N", {}});
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  for (const Reference& reference : *references) {
    if (reference.kind != &kind_of<Service>() || reference.name.empty())
      return fail_usage(scale_verb(), Error{Code::malformed, "only services can be scaled: service/NAME", {}});
    const std::string path = client::path_of(*reference.kind, session->ns, reference.name);
    const auto answer = session->api->json("PATCH", path, str("{\"spec\":{\"desiredCount\":", *count, "}}"),
                                           "application/merge-patch+json");
    if (!answer.ok()) return fail(answer.error());
    std::printf("service/%s scaled to %s\n", reference.name.c_str(), std::to_string(*count).c_str());
  }
  return exit_code::ok;
}

}  // namespace

const Verb& scale_verb() {
  static const Verb verb{"scale",
                         "service/NAME... --count N",
                         "change how many tasks a service keeps",
                         "Sets a service's desiredCount.\n\n"
                         "  muster scale service/web --count 5\n",
                         client_options({{"count", 0, "N", "Tasks to keep running."}}),
                         &run};
  return verb;
}

}  // namespace muster::cmd
