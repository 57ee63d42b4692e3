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
#include "runtime/pki/certificate.h"
#include "runtime/seal/sealed_log.h"

namespace muster::cmd {

struct ServerOptions {
  std::string data_dir;
  std::string listen = "127.0.0.1:8700";
  std::string tls_listen;                // empty: no TLS
  std::vector<std::string> tls_names;    // that its certificate is for, beside loopback and the host's name
  std::vector<std::string> controllers;  // names; see controllers/all
  seal::Rotation secret_key = seal::Rotation::keep;
  audit::Level audit_level = audit::Level::writes;
  audit::WriterOptions audit;  // an empty path: in the data directory
};

// --listen, --tls-listen and --tls-san: what `server` and `dev` share.
std::vector<Option> listen_options();
void read_listen_options(const Arguments& arguments, ServerOptions& options);

class ServerProcess {
 public:
  // Opens the store, starts everything and listens. The threads are the object's own.
  static Result<std::unique_ptr<ServerProcess>> start(ServerOptions options);
  // Stops accepting, lets answers finish, commits what is queued, ends the threads.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // "http://127.0.0.1:8700"
  const std::string& url() const;
  // "https://127.0.0.1:8743"; empty without TLS.
  const std::string& secure_url() const;
  // What clients trust it by, PEM.
  std::string authorities();
  // A new key with a certificate for the user. unsupported without TLS.
  Result<pki::Pair> issue_client(const pki::Subject& subject, Duration life);

 private:
  struct State;
  explicit ServerProcess(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace muster::cmd
