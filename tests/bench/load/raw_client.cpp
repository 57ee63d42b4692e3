#include "tests/bench/load/raw_client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "api/base/text.h"

namespace muster::bench {
namespace {

constexpr int write_patience_ms = 10'000;

Error broken(std::string_view what) {
  return {Code::unavailable, str(what, ": ", std::strerror(errno)), {}};
}

}  // namespace

RawClient::~RawClient() {
  for (const Connection& connection : connections_) close(connection.descriptor);
  if (epoll_ >= 0) close(epoll_);
}

Status RawClient::connect(int port, std::size_t count) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return broken("epoll");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (std::size_t i = 0; i < count; ++i) {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return broken("socket");
    connections_.push_back({descriptor, {}});
    sockaddr generic{};
    static_assert(sizeof generic == sizeof address);
    std::memcpy(&generic, &address, sizeof address);
    if (::connect(descriptor, &generic, sizeof generic) != 0) return broken("connect");
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) return broken("epoll");
  }
  return {};
}

Status RawClient::send(std::size_t connection, std::string_view bytes) {
  const int descriptor = connections_[connection].descriptor;
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd wanted{descriptor, POLLOUT, 0};
      if (poll(&wanted, 1, write_patience_ms) <= 0) return broken("send");
    } else {
      return broken("send");
    }
  }
  return {};
}

Status RawClient::wait(Duration longest,
                       const std::function<std::size_t(std::size_t connection, std::string_view kept)>& on_bytes) {
  std::array<epoll_event, 256> events{};
  const auto patience = static_cast<int>(longest / std::chrono::milliseconds(1));
  const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), patience);
  if (ready < 0 && errno != EINTR) return broken("epoll");
  thread_local std::array<char, 64U << 10U> buffer{};
  for (int i = 0; i < ready; ++i) {
    const std::size_t number = events[static_cast<std::size_t>(i)].data.u64;
    Connection& connection = connections_[number];
    const ssize_t got = recv(connection.descriptor, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) continue;
    if (got < 0) return broken("receive");
    if (got == 0) return Error{Code::unavailable, "the server closed a connection", {}};
    connection.kept.append(buffer.data(), static_cast<std::size_t>(got));
    connection.kept.erase(0, on_bytes(number, connection.kept));
  }
  return {};
}

RawAnswer read_answer(std::string_view bytes) {
  const std::size_t head = bytes.find("\r\n\r\n");
  if (head == std::string_view::npos) return {};
  constexpr std::string_view field = "\r\nContent-Length: ";
  const std::size_t found = bytes.substr(0, head).find(field);
  std::size_t length = 0;
  if (found != std::string_view::npos) {
    const std::string_view rest = bytes.substr(found + field.size(), head - found - field.size());
    length = static_cast<std::size_t>(parse_int(rest.substr(0, rest.find('\r'))).value_or(0));
  }
  if (bytes.size() < head + 4 + length) return {};
  RawAnswer answer;
  answer.status = static_cast<int>(parse_int(bytes.substr(9, 3)).value_or(0));
  answer.bytes = head + 4 + length;
  answer.body = bytes.substr(head + 4, length);
  return answer;
}

}  // namespace muster::bench
