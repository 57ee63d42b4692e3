#include "runtime/http/upgrade.h"

#include <utility>

#include "api/base/text.h"
#include "runtime/http/connection.h"
#include "runtime/http/raw_stream.h"
#include "runtime/http/server_core.h"
#include "runtime/http/web_socket_session.h"

namespace muster::http {

namespace {

bool lists(std::string_view field, std::string_view token) {
  for (const std::string_view each : split(field, ',')) {
    if (to_lower(trim(each)) == token) return true;
  }
  return false;
}

// Sends the answers to earlier requests; false when the connection ends over that.
bool nothing_queued(Connection& connection) {
  if (connection.queued() > 0) connection.send();
  if (!connection.open()) return false;
  if (connection.queued() == 0) return true;
  connection.abort();
  return false;
}

}  // namespace

bool is_upgrade(const Request& request) {
  constexpr std::size_t key_length = 24;  // 16 bytes in base 64
  return request.method == "GET" && lists(header(request.headers, "Connection"), "upgrade") &&
         lists(header(request.headers, "Upgrade"), "websocket") &&
         header(request.headers, "Sec-WebSocket-Version") == "13" &&
         header(request.headers, "Sec-WebSocket-Key").size() == key_length;
}

std::shared_ptr<WebSocket> accept_upgrade(Connection& connection, const Request& request,
                                          std::string_view subprotocol) {
  if (!nothing_queued(connection)) return nullptr;
  const std::shared_ptr<ServerCore> core = connection.core().shared_from_this();
  Connection::Detached detached = connection.detach();
  SessionOptions options;
  options.max_message_bytes = core->options.max_body_bytes;
  options.max_queued_bytes = core->options.max_stream_buffer;
  options.handshake_timeout = core->options.header_timeout;
  options.idle_timeout = core->options.idle_timeout;
  options.write_timeout = core->options.write_timeout;
  WebSocketSession::Hooks hooks;
  hooks.call_soon = [core](std::function<void()> callback) { core->call_soon(std::move(callback)); };
  hooks.ended = [core](const WebSocketSession& session) { core->remove_socket(session); };
  auto session =
      make_session(core->loop, std::move(detached.transport), std::move(detached.early), options, std::move(hooks));
  core->add_socket(session);
  session->accept(request, subprotocol);
  return session->handle();
}

std::shared_ptr<ByteStream> take_connection_over(Connection& connection, const Headers& headers) {
  if (!nothing_queued(connection)) return nullptr;
  const std::shared_ptr<ServerCore> core = connection.core().shared_from_this();
  Connection::Detached detached = connection.detach();
  ByteStreamOptions options;
  options.max_queued_bytes = core->options.max_stream_buffer;
  options.write_timeout = core->options.write_timeout;
  const auto stream = make_raw_stream(core->loop, std::move(detached.transport), std::move(detached.early), options,
                                      [core](const RawStream* ended) { core->remove_taken(ended); });
  core->add_taken(stream);
  std::string head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n";
  for (const auto& [name, value] : headers) head += str(name, ": ", value, "\r\n");
  stream->send(head + "\r\n");
  return stream->handle();
}

}  // namespace muster::http
