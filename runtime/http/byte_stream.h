// A connection that is no longer HTTP, or never was: bytes both ways. All calls and callbacks on its loop's thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/base/error.h"
#include "api/base/time.h"

namespace muster::http {

class IoLoop;

struct ByteStreamCallbacks {
  std::function<void(std::string_view bytes)> on_bytes;
  // The peer sends nothing more; it may still read.
  std::function<void()> on_end;
  // Once, when the connection has ended otherwise than by close(); nothing follows.
  std::function<void(std::string reason)> on_close;
};

// Dropping it ends the connection at once; no callback follows.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Reading begins here. Callbacks come from the loop, never from inside a call.
  virtual void start(ByteStreamCallbacks callbacks) = 0;
  // Queues the bytes. False when the connection has ended or too much is queued (it is then cut).
  virtual bool send(std::string bytes) = 0;
  // Nothing more will be sent after what is queued: the peer sees the end, and may go on sending.
  virtual void finish() = 0;
  // Sends what is queued, then ends the connection; it may be dropped meanwhile.
  virtual void close() = 0;
  // Nothing is read until resume(): back-pressure towards the peer.
  virtual void pause() = 0;
  virtual void resume() = 0;
  virtual std::size_t queued() const = 0;
};

struct ByteStreamOptions {
  std::size_t max_queued_bytes = 16U << 20U;
  Duration write_timeout = std::chrono::seconds(30);  // the end when the peer takes nothing for so long; unset: never
};

// Connects to a TCP port; `host` is an address or a name. Fails with unavailable or timeout.
void connect_bytes(IoLoop& loop, const std::string& host, int port, Duration timeout, ByteStreamOptions options,
                   std::function<void(Result<std::shared_ptr<ByteStream>>)> done);

// Takes connections until it is dropped; those it has taken stay.
class ByteListener {
 public:
  virtual ~ByteListener() = default;
  // "127.0.0.1:8080", with the port that was chosen for 0.
  virtual std::string address() const = 0;
};
// Listens on "127.0.0.1:8080" or "unix:///path". `accepted` is called from the loop.
Result<std::unique_ptr<ByteListener>> listen_bytes(IoLoop& loop, const std::string& address, ByteStreamOptions options,
                                                   std::function<void(std::shared_ptr<ByteStream>)> accepted);

}  // namespace muster::http
