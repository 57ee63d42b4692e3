// A server on a loop of its own, for tests that talk to it from another thread; and a socket without any HTTP in it.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "api/base/text.h"
#include "runtime/http/client.h"
#include "runtime/http/server.h"

namespace muster::http {

inline constexpr auto patience = std::chrono::seconds(60);  // a hang, not a slow machine

// An IoLoop with a thread.
class LoopThread {
 public:
  LoopThread() : thread_([this] { loop.run(); }) {}
  ~LoopThread() { end(); }
  void end() {
    loop.stop();
    if (thread_.joinable()) thread_.join();
  }
  // Runs the function on the loop and answers what it answers.
  template <class Function>
  auto run(Function function) {
    std::promise<decltype(function())> promise;
    auto future = promise.get_future();
    loop.post([&] {
      if constexpr (std::is_void_v<decltype(function())>) {
        function();
        promise.set_value();
      } else {
        promise.set_value(function());
      }
    });
    return future.get();
  }

  IoLoop loop;

 private:
  std::thread thread_;
};

class RunningServer {
 public:
  explicit RunningServer(Handler handler, ServerOptions options = {}, const std::string& where = "127.0.0.1:0") {
    thread.run([&] {
      server = std::make_unique<Server>(thread.loop, options, std::move(handler));
      Result<std::string> bound = server->listen(where);
      EXPECT_TRUE(bound.ok()) << bound.error().message;
      if (bound.ok()) address = *bound;
    });
  }
  ~RunningServer() {
    thread.run([this] { server.reset(); });
  }
  std::string base() const { return address.rfind("unix://", 0) == 0 ? address : "http://" + address; }
  std::size_t connections() {
    return thread.run([this] { return server->connections(); });
  }
  // Waits until the server has that many; the test hangs into its time limit otherwise.
  void wait_for_connections(std::size_t count) {
    while (connections() != count) std::this_thread::yield();
  }

  LoopThread thread;
  std::unique_ptr<Server> server;
  std::string address;
};

// A blocking socket.
class RawSocket {
 public:
  explicit RawSocket(const std::string& address, int receive_buffer = 0) {
    const std::size_t colon = address.rfind(':');
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval limit{60, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(parse_int(address.substr(colon + 1)).value_or(0)));
    ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  ~RawSocket() { close(); }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void shutdown_send() { ::shutdown(fd_, SHUT_WR); }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // More bytes into the buffer; false at the end of the stream.
  bool receive() {
    char bytes[16384];
    const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
    if (got > 0) buffer_.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  }
  std::string receive_all() {
    while (receive()) {
    }
    return std::exchange(buffer_, {});
  }
  // Up to and with the mark; what there is when the stream ends before.
  std::string receive_until(std::string_view mark) {
    std::size_t at = 0;
    while ((at = buffer_.find(mark)) == std::string::npos) {
      if (!receive()) return std::exchange(buffer_, {});
    }
    std::string out = buffer_.substr(0, at + mark.size());
    buffer_.erase(0, at + mark.size());
    return out;
  }
  std::string receive_exactly(std::size_t size) {
    while (buffer_.size() < size && receive()) {
    }
    std::string out = buffer_.substr(0, size);
    buffer_.erase(0, out.size());
    return out;
  }
  struct Answer {
    int status = 0;
    std::string head;
    std::string body;
  };
  // One answer with a Content-Length.
  Answer answer() {
    Answer out;
    out.head = receive_until("\r\n\r\n");
    if (out.head.size() > 12) out.status = static_cast<int>(parse_int(out.head.substr(9, 3)).value_or(0));
    const std::size_t at = out.head.find("Content-Length: ");
    if (at == std::string::npos) return out;
    const std::string length = out.head.substr(at + 16, out.head.find("\r\n", at) - at - 16);
    out.body = receive_exactly(static_cast<std::size_t>(parse_int(length).value_or(0)));
    return out;
  }

 private:
  int fd_ = -1;
  std::string buffer_;
};

// Answers with what was asked for.
inline void echo(const std::shared_ptr<Exchange>& exchange) {
  Response response;
  response.headers.emplace_back("Content-Type", "text/plain");
  response.body = str(exchange->request().method, ' ', exchange->request().target, ' ', exchange->request().body);
  exchange->respond(std::move(response));
}

inline std::shared_ptr<const std::string> shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

}  // namespace muster::http
