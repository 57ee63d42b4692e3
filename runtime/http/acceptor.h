// A listening TCP or unix socket.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/base/error.h"
#include "runtime/http/io_loop.h"
#include "runtime/http/server.h"
#include "runtime/http/transport.h"

namespace muster::http {

class Acceptor {
 public:
  using Accepted = std::function<void(Socket)>;
  virtual ~Acceptor() = default;
  virtual void start(Accepted accepted) = 0;
  // Accepts nothing more; the path of a unix socket disappears.
  virtual void close() = 0;
  // In the notation of Server::listen.
  virtual std::string address() const = 0;
};

// Binds and listens. A unix socket that nobody listens on any more is replaced.
Result<std::shared_ptr<Acceptor>> listen_on(IoLoop& loop, const std::string& address, Presence presence);

}  // namespace muster::http
