// Where a watch's events go: the lines of a chunked answer, or the text frames of a WebSocket.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/http/server.h"

namespace muster::server {

// On the server's loop only.
class EventSink {
 public:
  virtual ~EventSink() = default;
  // One event as a line. False: the peer is gone or too slow; stop writing.
  virtual bool write(std::shared_ptr<const std::string> line) = 0;
  virtual void finish() = 0;
  // Bytes written and not yet taken by the kernel.
  virtual std::size_t queued() const = 0;
  // Called once, when the peer has gone or was cut.
  virtual void on_close(std::function<void()> callback) = 0;
};

// Answers the exchange: with a WebSocket when it asks for one, else with a stream. Null when the upgrade was refused.
std::unique_ptr<EventSink> open_events(http::Exchange& exchange);

// Kubernetes: what the subprotocol begins with that carries a browser's bearer token.
inline constexpr std::string_view bearer_protocol = "base64url.bearer.authorization.k8s.io.";

// Of the subprotocols that a client offers, the one to echo: the first that does not carry a bearer token.
std::string_view choose_subprotocol(std::string_view offered);

}  // namespace muster::server
