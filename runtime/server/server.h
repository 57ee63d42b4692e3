// The API server: routes of the resource API, discovery, health, metrics, and the agents' endpoint, on one loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/base/random.h"
#include "runtime/http/server.h"
#include "runtime/server/agents.h"
#include "runtime/server/authentication.h"
#include "runtime/server/certificates.h"
#include "runtime/server/commits.h"
#include "runtime/server/flow.h"
#include "runtime/server/gate.h"
#include "runtime/server/observation.h"
#include "runtime/server/watch.h"
#include "runtime/store/store.h"

namespace muster::server {

struct ApiServerOptions {
  http::ServerOptions http;
  WatchHub::Options watch;
  AgentHubOptions agents;
  CommitsOptions commits;
  FlowOptions flow;
  Authentication authentication;
  SigningKeys signing_keys;  // of service accounts' tokens; none: a new one, that ends with the server
  audit::Log audit;
  CertificateOptions certificates;
  std::string host_access;  // of the namespace "default", where it says nothing of it itself
  // Text of /metrics; called on the loop. May be empty: then the path is not served.
  std::function<std::string()> metrics;
};

class ApiServer {
 public:
  // All must outlive the server. Everything happens on `loop`.
  ApiServer(store::Store& store, http::IoLoop& loop, Random& random, ApiServerOptions options);
  ~ApiServer();
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  // Makes the objects that always exist (namespace and cluster `default`), starts the watch feed and the agents'
  // endpoint. `done` on the loop; the server is then ready to listen.
  void start(std::function<void(Status)> done);
  // Without `tls` only loopback addresses and unix sockets. Answers the address really bound.
  Result<std::string> listen(const std::string& address, std::shared_ptr<http::TlsServer> tls = nullptr);
  void stop(Duration grace, std::function<void()> done);
  // One request, wherever it came from.
  void handle(const std::shared_ptr<http::Exchange>& exchange);

  void on_request(std::function<void(const RequestOutcome&)> observer);
  AgentHub& agents();
  WatchHub& watches();
  const Flow& flow() const;
  std::size_t connections() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Whether the Host header names this machine's loopback; anything else may be another site's page in a browser.
bool loopback_host(std::string_view host);
// Whether only this machine reaches the address of a listener: "127.0.0.1:8700", "unix:///run/x.sock".
bool loopback_address(std::string_view address);

}  // namespace muster::server
