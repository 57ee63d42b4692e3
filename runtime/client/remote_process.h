// The client's end of exec and attach: the subprotocol v5.channel.k8s.io.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/base/error.h"
#include "runtime/http/web_socket.h"

namespace muster::client {

struct RemoteCallbacks {
  std::function<void(std::string_view bytes)> on_output, on_errors;
  // Once, the last: the exit code, or why there is none.
  std::function<void(Result<int> exit_code)> on_end;
};

// All on the socket's loop. Dropping it ends the conversation; no callback follows.
class RemoteProcess {
 public:
  static constexpr std::string_view subprotocol = "v5.channel.k8s.io";

  RemoteProcess(std::shared_ptr<http::WebSocket> socket, RemoteCallbacks callbacks);
  ~RemoteProcess();
  RemoteProcess(const RemoteProcess&) = delete;
  RemoteProcess& operator=(const RemoteProcess&) = delete;

  void input(std::string_view bytes);
  // Nothing more is sent to its standard input.
  void end_input();
  // The size of the user's terminal.
  void resize(std::uint16_t columns, std::uint16_t rows);
  // Bytes of input that are not yet on their way.
  std::size_t queued() const { return socket_->queued(); }

 private:
  void received(std::string_view message);
  void end(Result<int> exit_code);
  void send(char channel, std::string_view bytes);

  std::shared_ptr<http::WebSocket> socket_;
  RemoteCallbacks callbacks_;
};

}  // namespace muster::client
