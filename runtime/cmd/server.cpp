// muster server
#include <cstdio>

#include "api/base/text.h"
#include "runtime/cmd/audit_options.h"
#include "runtime/cmd/controller_threads.h"
#include "runtime/cmd/server_process.h"
#include "runtime/cmd/signals.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

int run(const Arguments& arguments) {
  ServerOptions options;
  options.data_dir = arguments.get("data-dir", "/var/lib/muster/server");
  options.socket = options.data_dir + "/muster.sock";
  options.monitoring = options.data_dir + "/monitoring";
  if (const Status status = read_listen_options(arguments, options); !status.ok())
    return fail_usage(server_verb(), status.error());
  if (const Status status = read_audit_options(arguments, options); !status.ok())
    return fail_usage(server_verb(), status.error());
  if (const Status status = read_limit_options(arguments, options); !status.ok())
    return fail_usage(server_verb(), status.error());
  auto controllers = choose_controllers(arguments.get("controllers"));
  if (!controllers.ok()) return fail_usage(server_verb(), controllers.error());
  options.controllers = std::move(controllers).value();
  if (arguments.has("rotate-secret-key")) options.secret_key = seal::Rotation::new_key;
  block_end_signals();
  auto server = ServerProcess::start(std::move(options));
  if (!server.ok()) return fail(server.error());
  std::printf("ready %s\n", (*server)->url().c_str());
  if (!(*server)->insecure_url().empty()) std::printf("insecure %s\n", (*server)->insecure_url().c_str());
  if (!(*server)->local_url().empty()) std::printf("on this machine: --server %s\n", (*server)->local_url().c_str());
  if ((*server)->url().starts_with("https://"))
    std::printf("hosts join with: muster agent --server %s --ca-hash %s --token-file FILE\n", (*server)->url().c_str(),
                (*server)->authority_hash().c_str());
  std::fflush(stdout);
  wait_for_end_signal();
  return exit_code::ok;
}

std::vector<Option> server_options() {
  std::vector<Option> all{{"data-dir", 0, "DIR", "Where the database is (default /var/lib/muster/server)."}};
  for (const Option& option : listen_options()) all.push_back(option);
  for (const Option& option : audit_options()) all.push_back(option);
  for (const Option& option : limit_options()) all.push_back(option);
  all.push_back(
      {"controllers", 0, "NAMES", "Run only these: service,scheduler ... or all but some: -cleanup (default: all)."});
  all.push_back({"rotate-secret-key", 0, "",
                 "Make a new key for Secrets at this start, seal all of them with it and drop the old one."});
  return all;
}

}  // namespace

const Verb& server_verb() {
  static const Verb verb{"server",
                         "",
                         "serve the API, keep the objects, run the controllers",
                         "Runs a server in the foreground. Prints 'ready URL' when it serves and ends on\n"
                         "SIGTERM. Users get in over TLS by certificate or token; its own user and root\n"
                         "also by the socket DATA-DIR/muster.sock:\n"
                         "  muster token create --user ann --server unix:///DATA-DIR/muster.sock\n"
                         "A certificate authority and the server's certificate are made in\n"
                         "DATA-DIR/pki at the first start and renewed in time. Hosts join with a token:\n"
                         "see 'muster agent --help'. Controllers that are left out here run in a\n"
                         "process of their own: 'muster controllers --server URL'.\n",
                         server_options(),
                         &run};
  return verb;
}

}  // namespace muster::cmd
