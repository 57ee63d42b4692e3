// muster cordon and muster uncordon
#include <cstdio>

#include "api/base/text.h"
#include "api/types/cluster.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/instance_words.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

int patch_each(const Arguments& arguments, const Verb& verb, const char* patch, const char* done) {
  const auto names = instance_names(arguments.words);
  if (!names.ok()) return fail_usage(verb, names.error());
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  int code = exit_code::ok;
  for (const std::string& name : *names) {
    if (const Status status = patch_instance(*session, name, patch); !status.ok()) {
      code = fail(status.error());
    } else {
      std::printf("containerinstance/%s %s\n", name.c_str(), done);
    }
  }
  return code;
}

int cordon(const Arguments& arguments) {
  return patch_each(arguments, cordon_verb(), R"({"spec":{"unschedulable":true}})", "cordoned");
}

int uncordon(const Arguments& arguments) {
  return patch_each(arguments, uncordon_verb(), R"({"spec":{"unschedulable":null,"status":"ACTIVE"}})", "uncordoned");
}

}  // namespace

const Verb& cordon_verb() {
  static const Verb verb{"cordon",
                         "INSTANCE...",
                         "place no more tasks on a container instance",
                         "What runs there goes on.\n\n"
                         "  muster cordon host-1\n",
                         client_options({}),
                         &cordon};
  return verb;
}

const Verb& uncordon_verb() {
  static const Verb verb{"uncordon",
                         "INSTANCE...",
                         "place tasks on a container instance again",
                         "Ends what cordon and drain have begun: the instance is ACTIVE.\n\n"
                         "  muster uncordon host-1\n",
                         client_options({}),
                         &uncordon};
  return verb;
}

}  // namespace muster::cmd
