#include "runtime/http/exchange.h"

#include <utility>

#include "api/base/assert.h"
#include "runtime/http/connection.h"
#include "runtime/http/server_core.h"
#include "runtime/http/stream.h"
#include "runtime/http/upgrade.h"
#include "runtime/http/web_socket_session.h"

namespace muster::http {

ServerExchange::ServerExchange(std::shared_ptr<Connection> connection, Request request)
    : connection_(std::move(connection)), request_(std::move(request)) {}

ServerExchange::~ServerExchange() {
  if (!answered_) connection_->respond(status_response(500, "the request was dropped without an answer"));
}

void ServerExchange::answer() {
  MUSTER_ASSERT(!answered_);
  answered_ = true;
  close_callback_ = nullptr;
}

void ServerExchange::respond(Response response) {
  answer();
  connection_->respond(std::move(response));
}

std::shared_ptr<Stream> ServerExchange::stream(Response head) {
  answer();
  auto stream = std::make_shared<ServerStream>(connection_);
  stream->begin(head);
  return stream;
}

bool ServerExchange::wants_upgrade() const {
  return is_upgrade(request_);
}

std::shared_ptr<WebSocket> ServerExchange::upgrade(std::string_view subprotocol) {
  answer();
  if (!wants_upgrade()) {
    connection_->respond(status_response(400, "this path wants a WebSocket: Upgrade, version 13 and a key are needed"));
    return nullptr;
  }
  return accept_upgrade(*connection_, request_, subprotocol);
}

std::shared_ptr<ByteStream> ServerExchange::take_over(Headers headers) {
  answer();
  return take_connection_over(*connection_, headers);
}

std::string ServerExchange::peer() const {
  return connection_->peer();
}

std::shared_ptr<const TlsPeer> ServerExchange::tls() const {
  return connection_->tls_peer();
}

void ServerExchange::on_close(std::function<void()> callback) {
  if (answered_) return;
  close_callback_ = std::move(callback);
  if (gone_) peer_gone();
}

void ServerExchange::peer_gone() {
  gone_ = true;
  if (!close_callback_) return;
  // From the loop: the connection may just be in the middle of something.
  connection_->core().call_soon([self = shared_from_this()] {
    if (auto callback = std::exchange(self->close_callback_, nullptr)) callback();
  });
}

}  // namespace muster::http
