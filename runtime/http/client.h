// An HTTP/1.1 client for TCP, TLS and unix sockets, on one IoLoop: pooled keep-alive connections, streaming answers,
// WebSocket.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/base/error.h"
#include "api/base/time.h"
#include "runtime/http/byte_stream.h"
#include "runtime/http/io_loop.h"
#include "runtime/http/message.h"
#include "runtime/http/tls.h"
#include "runtime/http/web_socket.h"

namespace muster::http {

struct ClientOptions {
  std::size_t max_body_bytes = 64U << 20U;  // of an answer that is read whole
  std::size_t max_connections = 64;         // of send() at once; further requests wait their turn
  Duration connect_timeout = std::chrono::seconds(5);
  std::size_t max_message_bytes = 4U << 20U;  // one WebSocket message
  std::size_t max_queued_bytes = 16U << 20U;  // queued by send() on a WebSocket before it is cut
  std::shared_ptr<TlsClient> tls;             // for https://; null: the authorities that this machine trusts
  Duration idle_timeout =
      std::chrono::seconds(30);  // of a WebSocket: a ping at half of it, the end without any sign of life
};

// Cancels the request when dropped or on cancel(); after that no callback runs. On the loop's thread.
class Call {
 public:
  virtual ~Call() = default;
  virtual void cancel() = 0;
  // Nothing more is read of the answer until resume(), so that the server has to wait: back-pressure. What has been
  // read already is still told.
  virtual void pause() = 0;
  virtual void resume() = 0;
};

struct StreamCallbacks {
  std::function<void(const Response& head)> on_head;     // the body is empty
  std::function<void(std::string_view bytes)> on_bytes;  // as they arrive
  std::function<void(Status end)> on_end;                // once; not called after a cancel
};

class Client {
 public:
  // `base`: "https://muster.example:8701", "http://127.0.0.1:8700" or "unix:///var/run/docker.sock".
  Client(IoLoop& loop, const std::string& base, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Reads the whole answer. Any HTTP status is a success here; an Error means there was no answer (unavailable,
  // timeout, too_large). A request on a pooled connection that the peer had closed is sent again once if its method is
  // idempotent. Fire and forget: the call goes on until `done` or the client's end. From the loop's thread.
  void send(Request request, Duration timeout, std::function<void(Result<Response>)> done);
  // The answer piece by piece, no time limit after the head (which must come within `head_timeout`).
  std::unique_ptr<Call> stream(Request request, Duration head_timeout, StreamCallbacks callbacks);
  // Connects and upgrades. An answer other than 101 is an Error with the body in its message.
  void connect(Request request, Duration timeout, std::function<void(Result<std::shared_ptr<WebSocket>>)> done);
  // Connects and asks for the connection itself ("Connection: Upgrade" is sent, "Upgrade" is the request's own). An
  // answer other than 101 is an Error with the body in its message. The stream may outlive the client.
  void take_over(Request request, Duration timeout, std::function<void(Result<std::shared_ptr<ByteStream>>)> done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// For command line programs: one request on a private loop, blocking.
Result<Response> fetch(const std::string& base, Request request, Duration timeout, ClientOptions options = {});

}  // namespace muster::http
