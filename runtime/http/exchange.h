// The server's Exchange: one request on one connection.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/http/server.h"

namespace muster::http {

class Connection;

class ServerExchange final : public Exchange, public std::enable_shared_from_this<ServerExchange> {
 public:
  ServerExchange(std::shared_ptr<Connection> connection, Request request);
  ~ServerExchange() override;

  const Request& request() const override { return request_; }
  void respond(Response response) override;
  std::shared_ptr<Stream> stream(Response head) override;
  std::shared_ptr<WebSocket> upgrade(std::string_view subprotocol) override;
  bool wants_upgrade() const override;
  std::shared_ptr<ByteStream> take_over(Headers headers) override;
  std::string peer() const override;
  void on_close(std::function<void()> callback) override;
  std::shared_ptr<const TlsPeer> tls() const override;

  // By the connection, when it ends before the answer.
  void peer_gone();

 private:
  void answer();

  std::shared_ptr<Connection> connection_;
  Request request_;
  std::function<void()> close_callback_;
  bool answered_ = false;
  bool gone_ = false;
};

}  // namespace muster::http
