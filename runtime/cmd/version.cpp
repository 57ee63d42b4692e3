// muster version
#include "runtime/base/version.h"

#include <cstdio>

#include "api/base/text.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

int run(const Arguments& arguments) {
  std::printf("Client: muster %s (%s, %s)\n", std::string(version()).c_str(), std::string(build_revision()).c_str(),
              std::string(compiler()).c_str());
  if (arguments.has("client")) return exit_code::ok;
  auto session = connect(arguments);
  if (!session.ok()) return exit_code::ok;  // there is no server to ask
  const auto answer = session->api->get("/version");
  if (!answer.ok()) return fail(answer.error());
  std::printf("Server: %s (%s)\n", std::string(answer->text_of("gitVersion")).c_str(),
              std::string(answer->text_of("gitCommit")).c_str());
  return exit_code::ok;
}

}  // namespace

const Verb& version_verb() {
  static const Verb verb{"version",
                         "",
                         "print versions of the program and the server",
                         "Prints the version of this program and, when one is known, of the server.\n",
                         client_options({{"client", 0, "", "Only this program's."}}),
                         &run};
  return verb;
}

}  // namespace muster::cmd
