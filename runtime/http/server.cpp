#include "runtime/http/server.h"

#include <utility>
#include <vector>

#include "runtime/http/acceptor.h"
#include "runtime/http/server_core.h"
#include "runtime/http/tls_transport.h"

namespace muster::http {

struct Server::State {
  IoLoop& loop;
  std::shared_ptr<ServerCore> core;
  std::vector<std::shared_ptr<Acceptor>> acceptors;

  void close_acceptors() {
    for (const std::shared_ptr<Acceptor>& acceptor : acceptors) acceptor->close();
    acceptors.clear();
  }
};

Server::Server(IoLoop& loop, ServerOptions options, Handler handler)
    : state_(std::make_shared<State>(
          State{loop, std::make_shared<ServerCore>(loop, std::move(options), std::move(handler)), {}})) {}

Server::~Server() {
  state_->close_acceptors();
  state_->core->destroy();
}

Result<std::string> Server::listen(const std::string& address, std::shared_ptr<TlsServer> tls, Presence presence) {
  TRY(std::shared_ptr<Acceptor> acceptor, listen_on(state_->loop, address, presence));
  std::string bound = acceptor->address();
  acceptor->start([core = std::weak_ptr(state_->core), tls = std::move(tls)](Socket socket) {
    const auto alive = core.lock();
    if (!alive) return;
    auto transport = tls ? tls_server_transport(std::move(socket), *tls) : plain_transport(std::move(socket));
    if (transport) alive->accept(std::move(transport));
  });
  state_->acceptors.push_back(std::move(acceptor));
  return bound;
}

void Server::stop(Duration grace, std::function<void()> done) {
  state_->close_acceptors();
  state_->core->drain(grace, std::move(done));
}

std::size_t Server::connections() const {
  return state_->core->connections();
}

}  // namespace muster::http
