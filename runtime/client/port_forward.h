// Connections to a port of this machine go on to a port of a task.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "runtime/client/api_client.h"

namespace muster::client {

struct ForwardOptions {
  std::string path;    // of the task's subresource: ".../tasks/web-0/portforward"
  std::string listen;  // "127.0.0.1:8080"; port 0: any
  std::uint16_t port = 0;
  // Of a connection that could not be forwarded or was cut; the others go on.
  std::function<void(const Error& error)> on_problem;
};

// All on the client's loop, inside ApiClient::run(). Dropping it cuts the connections.
class PortForward {
 public:
  virtual ~PortForward() = default;
  // Where it listens.
  virtual std::string address() const = 0;
};

// A WebSocket (v5.channel.k8s.io) for each connection: one that stalls holds up no other.
Result<std::unique_ptr<PortForward>> forward_port(ApiClient& api, http::IoLoop& loop, ForwardOptions options);

}  // namespace muster::client
