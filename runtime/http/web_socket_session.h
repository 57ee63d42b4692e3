// A WebSocket as its server or client holds it. It lives until the connection ends; the user's pointer is a handle:
// dropping it closes the connection and no callback follows.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/base/error.h"
#include "api/base/time.h"
#include "runtime/http/message.h"
#include "runtime/http/web_socket.h"

namespace muster::http {

class IoLoop;
class Transport;

struct SessionOptions {
  std::size_t max_message_bytes = 0;
  std::size_t max_queued_bytes = 0;
  Duration handshake_timeout{};
  Duration idle_timeout{};   // a ping at half of it, the end when nothing came at all
  Duration write_timeout{};  // the end when the peer takes nothing for so long
};

class WebSocketSession : public WebSocket, public std::enable_shared_from_this<WebSocketSession> {
 public:
  // What its owner does for it.
  struct Hooks {
    // Calls back from the loop, unless the owner has ended.
    std::function<void(std::function<void()>)> call_soon;
    // Once, when the connection has ended.
    std::function<void(const WebSocketSession&)> ended;
  };

  // The server's side of the handshake. `early`: what came after the request.
  virtual void accept(const Request& request, std::string_view subprotocol) = 0;
  // The client's side.
  virtual void handshake(Request request, std::string authority, std::function<void(Status)> done) = 0;
  // Ends the connection at once.
  virtual void abort(std::string reason) = 0;
  // The user's pointer.
  std::shared_ptr<WebSocket> handle();

 protected:
  virtual void dropped() = 0;
};

std::shared_ptr<WebSocketSession> make_session(IoLoop& loop, std::unique_ptr<Transport> transport, std::string early,
                                               const SessionOptions& options, WebSocketSession::Hooks hooks);

}  // namespace muster::http
