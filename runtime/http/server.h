// An HTTP/1.1 server on one IoLoop. Limits, timeouts and protocol errors are answered here; handlers see whole,
// bounded requests and answer through an Exchange: once, as a stream, by a WebSocket, or by taking the connection over.
#pragma once

#include <functional>
#include <map>
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

// A chunked answer that is still being written. Kept alive by whoever writes; all calls on the server's loop.
class Stream {
 public:
  virtual ~Stream() = default;
  // Queues the bytes; the shared string is sent as it is, never copied. False: the peer is gone or the buffer limit
  // was passed (the connection is then cut, the peer resumes); stop writing.
  virtual bool write(std::shared_ptr<const std::string> bytes) = 0;
  // Ends the answer properly after what is queued.
  virtual void finish() = 0;
  // Bytes queued and not yet taken by the kernel.
  virtual std::size_t queued() const = 0;
  // Called once, when the peer has gone or the stream has been cut.
  virtual void on_close(std::function<void()> callback) = 0;
};

// One request and the duty to answer it. Exactly one of the four answers must be given, on the server's loop, now or
// later; an Exchange that is dropped unanswered answers 500.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const Request& request() const = 0;
  virtual void respond(Response response) = 0;
  // Sends the head at once, then whatever is written to the stream.
  virtual std::shared_ptr<Stream> stream(Response head) = 0;
  // Accepts the upgrade. `subprotocol` is echoed when not empty. Null when the request asks for no upgrade (400 was
  // sent).
  virtual std::shared_ptr<WebSocket> upgrade(std::string_view subprotocol) = 0;
  // True when the request asks for an upgrade to WebSocket.
  virtual bool wants_upgrade() const = 0;
  // Answers 101 with these headers beside "Connection: Upgrade", and hands over the connection, which speaks the
  // protocol of the request's Upgrade field from then on. Null when it has ended.
  virtual std::shared_ptr<ByteStream> take_over(Headers headers) = 0;
  // "127.0.0.1:54321", or "unix" on a unix socket.
  virtual std::string peer() const = 0;
  // Called if the peer goes away before an answer was given.
  virtual void on_close(std::function<void()> callback) = 0;
  // Who the peer has shown itself to be; null on a connection without TLS.
  virtual std::shared_ptr<const TlsPeer> tls() const { return nullptr; }
};

using Handler = std::function<void(std::shared_ptr<Exchange>)>;

struct ServerOptions {
  std::size_t max_body_bytes = 3U << 20U;                         // more: 413
  std::map<std::string, std::size_t, std::less<>> larger_bodies;  // the same for single paths
  std::size_t max_header_bytes = 32U << 10U;                      // more: 431
  std::size_t max_connections = 20'000;                           // more: 503 with Retry-After, then closed
  std::size_t max_stream_buffer = 4U << 20U;  // queued bytes of one slow stream or socket before it is cut
  Duration header_timeout = std::chrono::seconds(10);
  Duration body_timeout = std::chrono::seconds(30);
  Duration idle_timeout = std::chrono::seconds(75);  // between requests of a kept-alive connection
  Duration write_timeout = std::chrono::seconds(30);
};

// Whether an address that is listened on must be one of this host's already. One to come is that of an interface that
// is made later: nobody reaches it before.
enum class Presence { now, to_come };

class Server {
 public:
  // `handler` runs on the loop's thread. The server must be destroyed before the loop.
  Server(IoLoop& loop, ServerOptions options, Handler handler);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // "127.0.0.1:8700", "[::1]:0" or "unix:///run/x.sock"; answers the address really bound ("127.0.0.1:41234"). A
  // unix socket serves its owner and root alone. With `tls` it is encrypted, and who speaks plainly there is told so by
  // a 400.
  Result<std::string> listen(const std::string& address, std::shared_ptr<TlsServer> tls = nullptr,
                             Presence presence = Presence::now);
  // Accepts nothing more, lets running answers finish for at most `grace`, then closes everything. Then calls `done`.
  void stop(Duration grace, std::function<void()> done);
  std::size_t connections() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace muster::http
