// The server's parts put together: store, API server, controllers, metrics, each on its loop. Used by `muster server`
// and `muster dev`, and by tests that want a whole server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/base/error.h"
#include "api/base/time.h"
#include "runtime/audit/writer.h"
#include "runtime/cmd/verb.h"
#include "runtime/http/tls.h"
#include "runtime/pki/certificate.h"
#include "runtime/seal/sealed_log.h"
#include "runtime/server/flow.h"

namespace muster::cmd {

struct ServerOptions {
  std::string data_dir;
  std::string listen = "127.0.0.1:8700";
  std::string insecure_listen;         // plain HTTP for this machine, everybody is system:admin; empty: none
  std::string monitoring;              // a folder for what Prometheus shows and trusts; empty: none
  std::string socket;                  // path of a unix socket, the same for its owner and root; empty: none
  std::vector<std::string> tls_names;  // that its certificate is for, beside loopback and the host's name
  Duration agent_life = std::chrono::hours(24 * 30);  // of an agent's certificate
  std::vector<std::string> controllers;               // names; see controllers/all
  seal::Rotation secret_key = seal::Rotation::keep;
  audit::Level audit_level = audit::Level::writes;
  audit::WriterOptions audit;  // an empty path: in the data directory
  server::FlowOptions flow;
  std::string host_access;  // what the namespace "default" allows of the hosts at first; empty: nothing
};

// --listen, --insecure-listen, --tls-san and --agent-certificate-ttl: what `server` and `dev` share.
std::vector<Option> listen_options();
// Code::malformed for a duration that is none.
Status read_listen_options(const Arguments& arguments, ServerOptions& options);

// How much is served at a time.
std::vector<Option> limit_options();
Status read_limit_options(const Arguments& arguments, ServerOptions& options);

class ServerProcess {
 public:
  // Opens the store, starts everything and listens. The threads are the object's own.
  static Result<std::unique_ptr<ServerProcess>> start(ServerOptions options);
  // Stops accepting, lets answers finish, commits what is queued, ends the threads.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // "https://127.0.0.1:8700"; "unix:///run/muster.sock" for such a --listen.
  const std::string& url() const;
  // "http://127.0.0.1:41000"; empty without that listener.
  const std::string& insecure_url() const;
  // How this machine's root and the server's user get in without a certificate: the unix socket; empty when its path
  // would be too long.
  const std::string& local_url() const;
  // What clients trust it by, PEM.
  std::string authorities();
  // "sha256:..." of the authority's key, by which hosts that join know the server.
  std::string authority_hash();
  // By what another listener of this process may be the server as well.
  http::TlsServerOptions serving();
  // A new key with a certificate for the user.
  Result<pki::Pair> issue_client(const pki::Subject& subject, Duration life);

 private:
  struct State;
  explicit ServerProcess(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace muster::cmd
