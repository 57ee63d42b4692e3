// Agents put together: driver, link, metrics, on one loop with a thread. Used by `muster agent` and `muster dev`.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/base/error.h"
#include "api/base/time.h"
#include "runtime/agent/membership.h"
#include "runtime/cmd/image_options.h"
#include "runtime/cmd/verb.h"
#include "runtime/http/tls.h"

namespace muster::cmd {

struct AgentProcessOptions {
  std::string server;  // URL
  std::string name;    // of the container instance; with several agents, followed by -1, -2 ...
  std::string cluster = "default";
  std::string driver = "docker";
  std::string docker_host = "unix:///var/run/docker.sock";
  std::string address = "127.0.0.1";
  std::string zone;
  std::string data_dir;
  std::string run_dir;         // what must stay in memory: files from Secrets
  std::string metrics_listen;  // empty: no metrics endpoint
  ImageChoices images;
  std::vector<std::string> gpus;  // of the first of several agents
  bool task_cgroups = true;       // where the engine is on this host
  // Where containers find task metadata; 0: a port is chosen, once; absent: they find none.
  std::optional<int> metadata_port = 0;
  int agents = 1;              // several share this process and its engine
  http::TlsClientOptions tls;  // of an https:// server without an identity of the agent's own
  // By what an https:// server lets a single agent in, renewed in time and kept in its data folder.
  std::optional<agent::Identity> identity;
  // By what /metrics is served without such an identity; absent: in plain, on loopback only.
  std::optional<http::TlsServerOptions> metrics_tls;
};

class AgentProcess {
 public:
  static Result<std::unique_ptr<AgentProcess>> start(AgentProcessOptions options);
  // Leaves containers alone and says nothing; see shutdown().
  ~AgentProcess();
  AgentProcess(const AgentProcess&) = delete;
  AgentProcess& operator=(const AgentProcess&) = delete;

  // Announces a planned absence of at most `hold` and waits until that is said.
  void shutdown(Duration hold);
  // Waits, at most so long, until the agents know of no task any more: their containers are then removed.
  void wait_until_empty(Duration patience);
  // Once, after a while: what was needed to start leaves memory. For a process that has nothing but agents.
  void settle();
  // "https://127.0.0.1:41000/metrics"; empty without an endpoint.
  std::string metrics_url() const;

 private:
  struct State;
  explicit AgentProcess(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// --driver, --docker-host and those about images: what `agent` and `dev` share.
std::vector<Option> driver_options();
Status read_driver_options(const Arguments& arguments, AgentProcessOptions& options);
// This machine's host name, as a container instance may be called.
std::string host_name();

}  // namespace muster::cmd
