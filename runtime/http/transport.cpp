#include "runtime/http/transport.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <cerrno>
#include <utility>

#include "runtime/http/address.h"

namespace muster::http {

namespace {

using boost::system::error_code;

error_code last_error() {
  if (errno == EAGAIN) return boost::asio::error::would_block;
  return {errno, boost::system::system_category()};
}

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(Socket socket) : socket_(std::move(socket)) {
    // Small answers must not wait for the acknowledgement of earlier ones. Fails on unix sockets, which need it not.
    const int on = 1;
    ::setsockopt(fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }

  std::size_t read(char* data, std::size_t size, error_code& error) override {
    ssize_t got = 0;
    do {
      got = ::recv(fd(), data, size, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    error = got > 0 ? error_code() : got == 0 ? error_code(boost::asio::error::eof) : last_error();
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }

  std::size_t write(const iovec* pieces, std::size_t count, error_code& error) override {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces);  // NOLINT: sendmsg does not change them
    message.msg_iovlen = count;
    ssize_t sent = 0;
    do {
      sent = ::sendmsg(fd(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    error = sent >= 0 ? error_code() : last_error();
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }

  void wait_readable(std::shared_ptr<Waiter> waiter) override {
    socket_.async_wait(Socket::wait_read,
                       [waiter = std::move(waiter)](const error_code& error) { waiter->on_readable(error); });
  }
  void wait_writable(std::shared_ptr<Waiter> waiter) override {
    socket_.async_wait(Socket::wait_write,
                       [waiter = std::move(waiter)](const error_code& error) { waiter->on_writable(error); });
  }

  void cancel_waits() override {
    error_code ignored;
    socket_.cancel(ignored);
  }
  void shutdown_send() override {
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
  }
  void close() override {
    error_code ignored;
    socket_.close(ignored);
  }
  void abort() override {
    const linger reset{1, 0};
    if (socket_.is_open()) ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close();
  }
  bool stale() override {
    char byte = 0;
    return !socket_.is_open() || ::recv(fd(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) >= 0 || errno != EAGAIN;
  }
  std::string peer() const override {
    if (!peer_.empty()) return peer_;
    error_code error;
    const auto endpoint = socket_.remote_endpoint(error);
    if (error) return "unknown";
    peer_ = format_endpoint(endpoint);
    return peer_;
  }

 private:
  // A closed socket has the handle -1, which every call refuses with EBADF.
  int fd() { return socket_.native_handle(); }

  Socket socket_;
  mutable std::string peer_;  // asked for with each request
};

}  // namespace

std::unique_ptr<Transport> plain_transport(Socket socket) {
  return std::make_unique<PlainTransport>(std::move(socket));
}

}  // namespace muster::http
