// One connected byte stream as the rest of this folder sees it: non-blocking reads and writes, and waiting for
// readiness. Plain (here) and encrypted (tls_transport.h) connections are the same to what stands above. Waiting
// instead of reading into a buffer is what lets an idle connection own no buffer.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <string>

struct iovec;

namespace muster::http {

struct TlsPeer;

// Who is told of readiness. Kept alive by the wait. An error means that the wait was given up by close().
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual void on_readable(const boost::system::error_code& error) = 0;
  virtual void on_writable(const boost::system::error_code& error) = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Bytes moved. `error` is would_block when there is nothing to do now, eof at the peer's end of stream.
  virtual std::size_t read(char* data, std::size_t size, boost::system::error_code& error) = 0;
  virtual std::size_t write(const iovec* pieces, std::size_t count, boost::system::error_code& error) = 0;
  // At most one wait of each sort at a time. It completes from the loop, never from inside the call.
  virtual void wait_readable(std::shared_ptr<Waiter> waiter) = 0;
  virtual void wait_writable(std::shared_ptr<Waiter> waiter) = 0;
  // Pending waits complete with an error; the connection stays as it is.
  virtual void cancel_waits() = 0;
  // Tells the peer that nothing more follows; reading goes on.
  virtual void shutdown_send() = 0;
  // Idempotent. Pending waits complete with an error.
  virtual void close() = 0;
  // Closes without the usual courtesy: unsent bytes are thrown away, the peer sees a reset.
  virtual void abort() = 0;
  // True when the peer has already closed or sent something unasked for: a pooled connection that must not be used.
  virtual bool stale() = 0;
  // "127.0.0.1:54321", or "unix".
  virtual std::string peer() const = 0;
  // Who the peer has shown itself to be; null on a plain transport, and before the handshake is over.
  virtual std::shared_ptr<const TlsPeer> tls_peer() { return nullptr; }
  // True when the peer speaks plainly to an encrypted transport: it may be told so, and nothing else.
  virtual bool plain_by_mistake() const { return false; }
};

using Socket = boost::asio::generic::stream_protocol::socket;

// Takes a connected TCP or unix socket.
std::unique_ptr<Transport> plain_transport(Socket socket);

}  // namespace muster::http
