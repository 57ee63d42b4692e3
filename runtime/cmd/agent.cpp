// muster agent
#include <algorithm>
#include <cstdio>
#include <optional>

#include "api/base/text.h"
#include "runtime/base/file.h"
#include "runtime/base/log.h"
#include "runtime/base/loop.h"
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
      {"token-file", 0, "FILE",
       "At the first start: a join token ('muster token create'). Later starts use the certificate in DIR."},
      {"ca-hash", 0, "HASH",
       "At the first start: sha256:... of the server's authority, which 'muster server' and 'muster token create' "
       "print."},
      {"name", 0, "NAME", "Name of the container instance (default: this host's name)."},
      {"cluster", 0, "CLUSTER", "Cluster to join (default \"default\")."},
      {"data-dir", 0, "DIR", "What the agent must remember (default /var/lib/muster/agent)."},
      {"address", 0, "ADDRESS", "Where published ports of this host answer (default 127.0.0.1)."},
      {"zone", 0, "ZONE", "Availability zone, attribute ecs.availability-zone."},
      {"metrics-listen", 0, "ADDRESS",
       "Serve /metrics and /metrics/containers here (default 127.0.0.1:8701; 'off': nowhere), over TLS to clients with "
       "a certificate of the "
       "group system:monitoring."},
      {"hold", 0, "DURATION",
       "On SIGTERM, how long the server waits before it replaces this host's tasks (default 120s)."}};
  for (const Option& option : driver_options()) all.push_back(option);
  return all;
}

constexpr std::size_t token_bytes = 4096;
constexpr Duration longest_wait = std::chrono::seconds(10);

bool encrypted(const std::string& server) {
  return server.starts_with("https://");
}

Status check_join_options(const Arguments& arguments, const std::string& server) {
  const auto wrong = [](std::string message) { return Error{Code::malformed, std::move(message), {}}; };
  const bool token = arguments.has("token-file"), hash = arguments.has("ca-hash");
  if ((token || hash) && !encrypted(server)) return wrong("--token-file and --ca-hash are for a server at https://");
  if (token != hash) {
    return wrong("--token-file and --ca-hash belong together: a token must not be shown to just any server");
  }
  constexpr std::string_view form = "sha256:";
  constexpr std::size_t digits = 64;
  const std::string given = arguments.get("ca-hash");
  const bool good = given.size() == form.size() + digits && given.starts_with(form) &&
                    given.find_first_not_of("0123456789abcdef", form.size()) == std::string::npos;
  if (hash && !good) return wrong(str("--ca-hash ", given, ": must be sha256: and 64 lower-case hex digits"));
  return {};
}

// The identity that the agent has, or gets with its token however long the server needs to answer. Nothing when a
// signal ends that.
Result<std::optional<agent::Identity>> identity_for(const Arguments& arguments, const AgentProcessOptions& options) {
  TRY_VOID(make_directories(options.data_dir, 0700));
  TRY(auto identity, agent::load_identity(options.data_dir, options.name));
  const bool expired = identity && system_now() >= identity->certificate.not_after;
  if (identity && !expired) return identity;
  if (!arguments.has("token-file")) {
    const std::string why = expired ? str("its certificate expired at ", format_time(identity->certificate.not_after))
                                    : str("there is no certificate in ", options.data_dir);
    return Error{
        Code::unauthorized,
        str("the host has to join: ", why, ". Give --token-file FILE and --ca-hash HASH ('muster token create')"),
        {}};
  }
  auto token = read_file(arguments.get("token-file"), token_bytes);
  if (!token.ok()) return std::move(token).error().under("--token-file");
  const agent::JoinOptions join{options.server, options.name, options.data_dir, std::string(trim(*token)),
                                arguments.get("ca-hash")};
  Duration wait = std::chrono::milliseconds(500);
  while (true) {
    auto joined = agent::join_cluster(join);
    if (joined.ok()) return std::optional<agent::Identity>(std::move(joined).value());
    if (joined.error().code != Code::unavailable && joined.error().code != Code::timeout) {
      return std::move(joined).error().under(str("join ", options.server));
    }
    log::warning("the server does not answer yet; the host will join when it does", {{"error", joined.error()}});
    if (wait_for_end_signal(wait)) return std::optional<agent::Identity>();
    wait = std::min(longest_wait, wait * 2);
  }
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
  if (const Status status = check_join_options(arguments, options.server); !status.ok())
    return fail_usage(agent_verb(), status.error());
  block_end_signals();
  if (encrypted(options.server)) {
    auto identity = identity_for(arguments, options);
    if (!identity.ok()) return fail(identity.error());
    if (!*identity) return exit_code::ok;
    options.identity = std::move(identity).value();
  }
  auto agent = AgentProcess::start(std::move(options));
  if (!agent.ok()) return fail(agent.error());
  if (!(*agent)->metrics_url().empty()) log::info("agent metrics", {{"url", (*agent)->metrics_url()}});
  (*agent)->settle();
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
                         "the containers running; started again, it adopts them.\n"
                         "\n"
                         "The first start needs a join token and the hash of the server's authority:\n"
                         "  muster token create --ttl 1h >join.token\n"
                         "  muster agent --server https://HOST:PORT --ca-hash HASH --token-file join.token\n"
                         "The host then has a certificate for its own name in DIR, which is renewed in\n"
                         "time; later starts need neither. Deleting the container instance withdraws it;\n"
                         "to join anew, remove DIR/agent.pem.\n",
                         options(),
                         &run};
  return verb;
}

}  // namespace muster::cmd
