// One user's SPDY connection, plain or inside a WebSocket, and the ends of streams made of it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/loop.h"
#include "runtime/http/byte_stream.h"
#include "runtime/http/web_socket.h"
#include "runtime/server/user_end.h"
#include "runtime/spdy/session.h"

namespace muster::server {

// The payloads of its binary messages as one stream of bytes.
std::shared_ptr<http::ByteStream> tunnelled_bytes(std::shared_ptr<http::WebSocket> socket);

// Held by its own connection until that has ended.
class SpdyConnection : public std::enable_shared_from_this<SpdyConnection> {
 public:
  struct Sink {
    std::function<void(std::string_view bytes)> on_bytes;
    std::function<void()> on_end;    // the peer sends nothing more on this stream
    std::function<void()> on_reset;  // the stream or the connection has gone
  };
  // True when the stream is wanted; it is replied to then, and reset otherwise.
  using OnStream = std::function<bool(spdy::StreamId id, const spdy::Headers& headers)>;

  SpdyConnection(Loop& loop, std::shared_ptr<http::ByteStream> bytes, spdy::Limits limits);

  void start(OnStream on_stream, std::function<void()> on_gone);
  // What comes on the stream from now on.
  void listen(spdy::StreamId id, Sink sink);
  void forget(spdy::StreamId id) { sinks_.erase(id); }
  void data(spdy::StreamId id, std::string_view bytes, spdy::More more) { session_.data(id, bytes, more); }
  void reset(spdy::StreamId id) { session_.reset(id); }
  std::size_t queued() const { return bytes_ ? bytes_->queued() : 0; }
  // Counted: it reads again when all who paused it have resumed.
  void pause();
  void resume();
  // In good order, after what is queued; from the loop.
  void close();

 private:
  void received(std::string_view bytes);
  void gone();
  void watch_idle(Duration delay);

  Loop& loop_;
  std::shared_ptr<http::ByteStream> bytes_;
  spdy::Session session_;
  OnStream on_stream_;
  std::function<void()> on_gone_;
  std::map<spdy::StreamId, Sink> sinks_;
  std::size_t pauses_ = 0;
  Duration heard_{};
  Loop::Timer idle_timer_ = 0;
};

// The user's end of exec and attach. `ready` is called once, with null when the streams did not come in time or the
// user has gone.
void spdy_end(Loop& loop, std::shared_ptr<http::ByteStream> bytes, bool input, bool output, bool errors, bool terminal,
              std::function<void(std::unique_ptr<UserEnd>)> ready);

}  // namespace muster::server
