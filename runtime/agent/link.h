// How an agent reaches its server: it only ever dials out. The real one speaks WebSocket, the simulation's crosses a
// virtual network.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace muster::agent {

struct LinkCallbacks {
  std::function<void()> on_open;
  std::function<void(std::string message)> on_message;  // whole messages, in order
  // Once, also when no connection came about; nothing follows. Not after the Connection was dropped.
  std::function<void(std::string reason)> on_close;
};

// One connection, from the dial on. Dropping it ends it without a word.
class Connection {
 public:
  virtual ~Connection() = default;
  // Queues a message; only between on_open and on_close. False when the connection is lost or hopelessly behind.
  virtual bool send_text(std::string message) = 0;
  virtual bool send_bytes(std::string message) = 0;
  // Bytes not yet on their way.
  virtual std::size_t queued() const = 0;
  // No more messages until resume(): back-pressure towards the server. A link that cannot hold them goes on.
  virtual void pause() {}
  virtual void resume() {}
  // Sends what is queued and ends the connection; on_close follows.
  virtual void close(std::string reason) = 0;
};

// Calls and callbacks on the agent's loop; no callback from inside a call.
class Link {
 public:
  virtual ~Link() = default;
  // `target`: path and query on the server.
  virtual std::unique_ptr<Connection> dial(std::string target, LinkCallbacks callbacks) = 0;
};

}  // namespace muster::agent
