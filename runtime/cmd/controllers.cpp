// muster controllers
#include <cstdio>

#include "api/base/text.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/controller_threads.h"
#include "runtime/cmd/controllers_process.h"
#include "runtime/cmd/signals.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

int run(const Arguments& arguments) {
  const auto misused = [](std::string message) {
    return fail_usage(controllers_verb(), Error{Code::malformed, std::move(message), {}});
  };
  if (!arguments.words.empty()) return misused(str("\"", arguments.words[0], "\" is no option"));
  ControllersOptions options;
  if (!arguments.has("config") && arguments.get("server", environment("MUSTER_SERVER")).empty())
    return misused("name the server: --server URL or --config FILE");
  auto controllers = choose_controllers(arguments.get("controllers"));
  if (!controllers.ok()) return fail_usage(controllers_verb(), controllers.error());
  options.controllers = std::move(controllers).value();
  auto target = find_target(arguments);
  if (!target.ok()) return fail(target.error());
  options.target = std::move(target).value();
  block_end_signals();
  const std::string url = options.target.server;
  const auto process = ControllersProcess::start(std::move(options), [url] {
    std::printf("ready %s\n", url.c_str());
    std::fflush(stdout);
  });
  if (!process.ok()) return fail(process.error());
  wait_for_end_signal();
  return exit_code::ok;
}

}  // namespace

const Verb& controllers_verb() {
  static const Verb verb{
      "controllers",
      "--server URL | --config FILE",
      "run controllers in a process of their own",
      "Runs controllers over the API of a server that leaves them out:\n"
      "  muster server --controllers=-scheduler\n"
      "  muster controllers --server unix:///DATA-DIR/muster.sock \\\n"
      "    --controllers=scheduler\n"
      "or, from another machine, as a user in the group system:masters whose\n"
      "certificate or token is in FILE.\n"
      "Prints 'ready URL' when it has read the server's objects; waits for a server\n"
      "that does not answer, and comes back to one that was restarted. Ends on SIGTERM.\n"
      "\n"
      "There is no election of a leader yet. Two instances of one controller double\n"
      "nothing, for each write names the revision it was made from, but they get into\n"
      "each other's way.\n",
      {{"server", 0, "URL", "The server to work for (MUSTER_SERVER)."},
       {"config", 0, "FILE", "The server, and whom to be there, in kubeconfig format."},
       {"context", 0, "NAME", "Context of the configuration (default: its current-context)."},
       {"controllers", 0, "NAMES", "Run only these: service,scheduler ... or all but some: -cleanup (default: all)."}},
      &run};
  return verb;
}

}  // namespace muster::cmd
