// The server's Stream: the body of an answer that is still being written.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/http/server.h"

namespace muster::http {

class Connection;

// Dropped without finish(), it cuts the connection: the peer must not take a part for the whole.
class ServerStream final : public Stream, public std::enable_shared_from_this<ServerStream> {
 public:
  explicit ServerStream(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  ~ServerStream() override;

  void begin(const Response& head);
  bool write(std::shared_ptr<const std::string> bytes) override;
  void finish() override;
  std::size_t queued() const override;
  void on_close(std::function<void()> callback) override;

  // By the connection, when it ends.
  void peer_gone();

 private:
  enum class State { open, no_body, finished, gone };

  std::shared_ptr<Connection> connection_;
  std::function<void()> close_callback_;
  State state_ = State::open;
};

}  // namespace muster::http
