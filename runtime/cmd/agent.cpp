// muster agent
#include <cstdio>

#include "api/base/text.h"
#include "runtime/cmd/agent_process.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/signals.h"
#include "runtime/cmd/verbs.h"
#include "runtime/http/address.h"

namespace muster::cmd {
namespace {

std::vector<Option> options() {
  std::vector<Option> all{
      {"server", 0, "URL", "The server to join (MUSTER_SERVER)."},
      {"name", 0, "NAME", "Name of the container instance (default: this host's name)."},
      {"cluster", 0, "CLUSTER", "Cluster to join (default \"default\")."},
      {"data-dir", 0, "DIR", "What the agent must remember (default /var/lib/muster/agent)."},
      {"address", 0, "ADDRESS", "Where published ports of this host answer (default 127.0.0.1)."},
      {"zone", 0, "ZONE", "Availability zone, attribute ecs.availability-zone."},
      {"metrics-listen", 0, "ADDRESS", "Serve /metrics here (default 127.0.0.1:8701; 'off': nowhere)."},
      {"hold", 0, "DURATION",
       "On SIGTERM, how long the server waits before it replaces this host's tasks (default 120s)."}};
  for (const Option& option : driver_options()) all.push_back(option);
  return all;
}

int run(const Arguments& arguments) {
  AgentProcessOptions options;
  options.server = arguments.get("server", environment("MUSTER_SERVER"));
  if (options.server.empty())
    return fail_usage(agent_verb(), Error{Code::malformed, "name the server: --server URL", {}});
  if (const auto base = http::parse_base(options.server); !base.ok())
    return fail_usage(agent_verb(), Error(base.error()).under("--server"));
  options.name = arguments.get("name", host_name());
  options.cluster = arguments.get("cluster", "default");
  options.data_dir = arguments.get("data-dir", "/var/lib/muster/agent");
  options.address = arguments.get("address", "127.0.0.1");
  options.zone = arguments.get("zone");
  options.metrics_listen = arguments.get("metrics-listen", "127.0.0.1:8701");
  if (options.metrics_listen == "off") options.metrics_listen.clear();
  if (const Status status = read_driver_options(arguments, options); !status.ok())
    return fail_usage(agent_verb(), status.error());
  const auto hold = arguments.duration("hold", std::chrono::seconds(120));
  if (!hold.ok()) return fail_usage(agent_verb(), hold.error());
  block_end_signals();
  auto agent = AgentProcess::start(std::move(options));
  if (!agent.ok()) return fail(agent.error());
  wait_for_end_signal();
  (*agent)->shutdown(*hold);
  return exit_code::ok;
}

}  // namespace

const Verb& agent_verb() {
  static const Verb verb{"agent",
                         "--server URL",
                         "run this host's share of the tasks",
                         "Joins a server and runs the tasks it gives this host. Ends on SIGTERM and leaves\n"
                         "the containers running; started again, it adopts them.\n",
                         options(),
                         &run};
  return verb;
}

}  // namespace muster::cmd
