#include "runtime/agent/web_socket_link.h"

#include <utility>

#include "api/base/text.h"
#include "api/schema/json.h"

namespace muster::agent {
namespace {

constexpr Duration dial_timeout = std::chrono::seconds(5);

// What the server says when it refuses a connection is "HTTP 401: " and a Status; people are told its sentence.
std::string sentence_of(const Error& error) {
  const std::size_t body = error.message.find('{');
  if (body == std::string::npos) return error.message;
  const auto status = parse_json(std::string_view(error.message).substr(body));
  const std::string_view message = status.ok() ? status->text_of("message") : std::string_view();
  return message.empty() ? error.message : str("the server refuses this agent: ", message);
}

// Outlived by the callbacks that the client keeps.
struct Dialed {
  LinkCallbacks callbacks;
  std::shared_ptr<http::WebSocket> socket;
  bool dropped = false;

  void close(std::string reason) {
    socket.reset();
    const auto callback = std::move(callbacks.on_close);
    callbacks = {};
    if (!dropped && callback) callback(std::move(reason));
  }
};

void open(const std::shared_ptr<Dialed>& dialed, std::shared_ptr<http::WebSocket> socket) {
  if (dialed->dropped) return socket->close("no longer wanted");
  dialed->socket = std::move(socket);
  dialed->socket->on_message([dialed](std::string message, http::Frame /*frame*/) {
    // A copy: the callback may end the connection and with it itself.
    const auto callback = dialed->callbacks.on_message;
    if (!dialed->dropped && callback) callback(std::move(message));
  });
  dialed->socket->on_close([dialed](std::string reason) { dialed->close(std::move(reason)); });
  if (dialed->callbacks.on_open) dialed->callbacks.on_open();
}

class WebSocketConnection final : public Connection {
 public:
  explicit WebSocketConnection(std::shared_ptr<Dialed> dialed) : dialed_(std::move(dialed)) {}
  ~WebSocketConnection() override {
    dialed_->dropped = true;
    dialed_->callbacks = {};
    if (const auto socket = std::move(dialed_->socket)) socket->close("");
  }
  WebSocketConnection(const WebSocketConnection&) = delete;
  WebSocketConnection& operator=(const WebSocketConnection&) = delete;

  bool send_text(std::string message) override { return send(std::move(message), http::Frame::text); }
  bool send_bytes(std::string message) override { return send(std::move(message), http::Frame::binary); }
  std::size_t queued() const override { return dialed_->socket != nullptr ? dialed_->socket->queued() : 0; }
  void pause() override {
    if (dialed_->socket != nullptr) dialed_->socket->pause();
  }
  void resume() override {
    if (dialed_->socket != nullptr) dialed_->socket->resume();
  }
  void close(std::string reason) override {
    if (dialed_->socket != nullptr) dialed_->socket->close(reason);
  }

 private:
  bool send(std::string message, http::Frame frame) {
    if (dialed_->socket == nullptr) return false;
    return dialed_->socket->send(std::make_shared<const std::string>(std::move(message)), frame);
  }

  std::shared_ptr<Dialed> dialed_;
};

class WebSocketLink final : public Link {
 public:
  WebSocketLink(std::shared_ptr<http::Client> client, http::Headers headers)
      : client_(std::move(client)), headers_(std::move(headers)) {}

  std::unique_ptr<Connection> dial(std::string target, LinkCallbacks callbacks) override {
    auto dialed = std::make_shared<Dialed>();
    dialed->callbacks = std::move(callbacks);
    http::Request request;
    request.target = std::move(target);
    request.headers = headers_;
    client_->connect(std::move(request), dial_timeout, [dialed](Result<std::shared_ptr<http::WebSocket>> socket) {
      if (socket.ok()) return open(dialed, std::move(socket).value());
      dialed->close(sentence_of(socket.error()));
    });
    return std::make_unique<WebSocketConnection>(std::move(dialed));
  }

 private:
  std::shared_ptr<http::Client> client_;
  http::Headers headers_;
};

}  // namespace

std::unique_ptr<Link> web_socket_link(std::shared_ptr<http::Client> client, http::Headers headers) {
  return std::make_unique<WebSocketLink>(std::move(client), std::move(headers));
}

}  // namespace muster::agent
