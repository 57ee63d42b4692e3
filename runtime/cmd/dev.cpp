// muster dev
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/base/file.h"
#include "runtime/base/log.h"
#include "runtime/client/config.h"
#include "runtime/cmd/agent_process.h"
#include "runtime/cmd/audit_options.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/controller_threads.h"
#include "runtime/cmd/server_process.h"
#include "runtime/cmd/signals.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

constexpr std::size_t config_bytes = 1U << 20U;
constexpr Duration cleanup_patience = std::chrono::minutes(2);

std::string default_data_dir() {
  std::string home = environment("XDG_DATA_HOME");
  if (home.empty()) home = environment("HOME") + "/.local/share";
  return home + "/muster/dev";
}

// What users go by who own the cluster.
Result<client::ContextEntry> administrator(ServerProcess& server) {
  constexpr Duration life = std::chrono::hours(24 * 365);
  client::ContextEntry entry{"dev", server.url(), "default", {}, {}};
  if (!entry.server.starts_with("https://")) return entry;
  entry.authorities = server.authorities();
  TRY(entry.identity, server.issue_client({"admin", {"system:masters"}}, life));
  return entry;
}

// A context of that name may be another cluster's.
void tell_of_replaced(const std::string& text, const std::string& path, const client::ContextEntry& entry) {
  const auto before = client::read_config(text, path, entry.name);
  if (!before.ok() || before->tls.authorities == entry.authorities) return;
  std::printf("The context %s in %s was that of another cluster, at %s.\n", entry.name.c_str(), path.c_str(),
              before->server.c_str());
}

// The context "dev" in the user's own configuration, and a file of its own beside the data.
Result<std::string> write_configs(const std::string& data_dir, ServerProcess& server) {
  TRY(const client::ContextEntry entry, administrator(server));
  const std::string own = data_dir + "/kubeconfig";
  TRY(const std::string text, client::with_context("", entry));
  TRY_VOID(write_file(own, text, 0600));
  const std::string path = client::own_config_path(&environment);
  auto existing = read_file(path, config_bytes);
  if (!existing.ok() && existing.error().code != Code::not_found) return std::move(existing).error();
  if (existing.ok()) tell_of_replaced(*existing, path, entry);
  auto merged = client::with_context(existing.ok() ? *existing : std::string(), entry);
  if (!merged.ok()) return std::move(merged).error().under(path);
  TRY_VOID(make_directories(path.substr(0, path.rfind('/')), 0700));
  TRY_VOID(write_file(path, *merged, 0600));
  return own;
}

// The port after the server's, so that a scrape configuration can name both.
std::string metrics_address(const std::string& url) {
  const std::size_t colon = url.rfind(':');
  const auto port = parse_int(url.substr(colon + 1));
  constexpr std::int64_t standard = 8700;
  return port && *port == standard ? str("127.0.0.1:", standard + 1) : std::string("127.0.0.1:0");
}

// How this process reaches its own server: by the socket, else with a certificate.
Result<client::Target> own_way(ServerProcess& server) {
  client::Target target;
  target.server = server.local_url();
  if (!target.server.empty()) return target;
  target.server = server.url();
  target.tls.authorities = server.authorities();
  TRY(target.tls.identity, server.issue_client({"system:admin", {"system:masters"}}, std::chrono::hours(24 * 3650)));
  return target;
}

// Deletes everything that runs and waits until its containers have stopped.
void clean_up(const client::Target& target) {
  auto first = client::ApiClient::open(target), second = client::ApiClient::open(target);
  if (!first.ok() || !second.ok()) return;
  client::ApiClient& api = **first;
  Session session{std::move(second).value(), ""};
  for (const char* plural : {"services", "taskruns", "tasksets", "tasks"}) {
    const Kind& kind = *find_kind(plural);
    const auto objects = fetch_all(session, kind, {});
    if (!objects.ok()) continue;
    for (const auto& object : *objects) {
      const auto gone = api.json("DELETE", client::path_of(kind, object->metadata.ns, object->metadata.name));
      if (!gone.ok() && gone.error().code != Code::not_found)
        log::warning("clean-up failed", {{"object", display_name(*object)}, {"error", gone.error().text()}});
    }
  }
  const Duration deadline = system_monotonic() + cleanup_patience;
  while (system_monotonic() < deadline) {
    const auto left = fetch_all(session, *find_kind("tasks"), {});
    if (left.ok() && left->empty()) return;
    const auto changed =
        api.lines(client::path_of(*find_kind("tasks"), "") + "?watch=true&timeoutSeconds=2", {},
                  [](std::string_view line) { return line.find("\"DELETED\"") == std::string_view::npos; });
    if (!changed.ok()) return;
  }
}

int run(const Arguments& arguments) {
  const std::string data_dir = arguments.get("data-dir", default_data_dir());
  AgentProcessOptions agent;
  // Somebody who tries things has built them here, and does not want to wait for a registry.
  agent.images.behavior = image::PullBehavior::prefer_cached;
  if (const Status status = read_driver_options(arguments, agent); !status.ok())
    return fail_usage(dev_verb(), status.error());
  const auto agents = arguments.number("agents", 1, 0, 10'000);
  if (!agents.ok()) return fail_usage(dev_verb(), agents.error());
  block_end_signals();
  ServerOptions options;
  options.data_dir = data_dir + "/server";
  options.socket = data_dir + "/muster.sock";
  options.monitoring = data_dir + "/monitoring";
  options.host_access = "all";  // of the user's own machine
  if (const Status status = read_listen_options(arguments, options); !status.ok())
    return fail_usage(dev_verb(), status.error());
  if (const Status status = read_audit_options(arguments, options); !status.ok())
    return fail_usage(dev_verb(), status.error());
  options.controllers = *choose_controllers("");
  auto server = ServerProcess::start(std::move(options));
  if (!server.ok()) return fail(server.error());
  const std::string url = (*server)->url();
  const auto config = write_configs(data_dir, **server);
  if (!config.ok()) return fail(config.error());
  const auto way = own_way(**server);
  if (!way.ok()) return fail(way.error());
  std::unique_ptr<AgentProcess> process;
  if (*agents > 0) {
    agent.server = way->server;
    agent.tls = way->tls;
    agent.name = "dev";
    agent.agents = static_cast<int>(*agents);
    agent.data_dir = data_dir + "/agent";
    agent.metrics_tls = (*server)->serving();
    agent.metrics_listen = arguments.get("metrics-listen", metrics_address(url));
    auto started = AgentProcess::start(std::move(agent));
    if (!started.ok()) return fail(started.error());
    process = std::move(started).value();
    log::info("agent metrics", {{"url", process->metrics_url()}});
  }
  std::printf("ready %s config=%s\n", url.c_str(), config->c_str());
  std::printf("export KUBECONFIG=%s\n", config->c_str());
  if (!(*server)->insecure_url().empty()) std::printf("insecure %s\n", (*server)->insecure_url().c_str());
  std::fflush(stdout);
  wait_for_end_signal();
  if (arguments.has("cleanup")) {
    clean_up(*way);
    if (process != nullptr) process->wait_until_empty(std::chrono::seconds(10));
  }
  if (process != nullptr) process->shutdown(std::chrono::seconds(120));
  return exit_code::ok;
}

std::vector<Option> options() {
  std::vector<Option> all{{"data-dir", 0, "DIR", "Where everything is kept (default ~/.local/share/muster/dev)."}};
  for (const Option& option : listen_options()) all.push_back(option);
  for (const Option& option : audit_options()) all.push_back(option);
  for (const Option& option : driver_options()) all.push_back(option);
  all.push_back({"agents", 0, "N", "How many agents, that is container instances, share the engine (default 1)."});
  all.push_back(
      {"metrics-listen", 0, "ADDRESS",
       "Where the agent serves /metrics and /metrics/containers (default: the port after the standard one)."});
  all.push_back({"cleanup", 0, "", "At the end stop everything that runs (default: containers go on running)."});
  return all;
}

}  // namespace

const Verb& dev_verb() {
  static const Verb verb{"dev",
                         "",
                         "a cluster of one, in one process",
                         "Runs a server, all controllers and an agent in the foreground. Prints\n"
                         "'ready URL config=PATH' when it serves, makes itself the current context of\n"
                         "your configuration, and ends on SIGTERM or Ctrl-C. Containers go on running and\n"
                         "are adopted by the next start, unless --cleanup is given.\n",
                         options(),
                         &run};
  return verb;
}

}  // namespace muster::cmd
