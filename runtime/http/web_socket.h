// One WebSocket connection, either end. All calls and callbacks on its loop's thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace muster::http {

enum class Frame { text, binary };

class WebSocket {
 public:
  virtual ~WebSocket() = default;
  // Whole messages; the size is limited by the options of the server or the client. Set both before returning to the
  // loop.
  virtual void on_message(std::function<void(std::string message, Frame frame)> callback) = 0;
  // Called once, whoever ends the connection; `reason` is for logs. No other callback follows.
  virtual void on_close(std::function<void(std::string reason)> callback) = 0;
  // Queues a message; several queued small messages go out in one system call. False when the connection has ended or
  // the limit on queued bytes was passed (it is then cut).
  virtual bool send(std::shared_ptr<const std::string> message, Frame frame) = 0;
  // Stops reading until resume(): back-pressure towards the peer.
  virtual void pause() = 0;
  virtual void resume() = 0;
  virtual std::size_t queued() const = 0;
  // Sends what is queued, then a close frame.
  virtual void close(std::string_view reason) = 0;
};

}  // namespace muster::http
