#include "tests/support/http_call.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>

namespace muster::testing {
namespace {

constexpr int answer_seconds = 10;

int connect_to(const std::string& authority) {
  const std::size_t colon = authority.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(authority.c_str() + colon + 1)));
  ::inet_pton(AF_INET, authority.substr(0, colon).c_str(), &address.sin_addr);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{answer_seconds, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
  ::close(socket);
  return -1;
}

std::string without_chunks(const std::string& body) {
  std::string text;
  std::size_t at = 0;
  while (at < body.size()) {
    const std::size_t size = std::strtoul(body.c_str() + at, nullptr, 16);
    const std::size_t line_end = body.find("\r\n", at);
    if (size == 0 || line_end == std::string::npos) break;
    text += body.substr(line_end + 2, size);
    at = line_end + 2 + size + 2;
  }
  return text;
}

}  // namespace

std::string authority_of(const std::string& url) {
  const std::size_t begin = url.find("//") + 2;
  return url.substr(begin, url.find('/', begin) - begin);
}

HttpAnswer send_bytes(const std::string& url, const std::string& bytes) {
  const int socket = connect_to(authority_of(url));
  if (socket < 0) return {};
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    // A server may refuse and close before it has read everything: its answer is still there to be read.
    const ssize_t count = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) break;
    sent += static_cast<std::size_t>(count);
  }
  std::string text;
  char buffer[65536];
  while (true) {
    const ssize_t count = ::recv(socket, buffer, sizeof buffer, 0);
    if (count <= 0) break;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(socket);
  const std::size_t head_end = text.find("\r\n\r\n");
  if (head_end == std::string::npos || text.compare(0, 5, "HTTP/") != 0) return {};
  HttpAnswer answer;
  answer.status = std::atoi(text.c_str() + text.find(' '));
  answer.headers = text.substr(0, head_end);
  answer.body = text.substr(head_end + 4);
  if (answer.headers.find("chunked") != std::string::npos) answer.body = without_chunks(answer.body);
  return answer;
}

HttpAnswer http_call(const std::string& url, const std::string& method, const std::string& path,
                     const std::string& body, const std::string& headers) {
  std::string bytes = method + " " + path + " HTTP/1.1\r\nHost: " + authority_of(url) + "\r\nConnection: close\r\n";
  if (!body.empty()) bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  if (!body.empty() && headers.find("Content-Type") == std::string::npos) bytes += "Content-Type: application/json\r\n";
  return send_bytes(url, bytes + headers + "\r\n" + body);
}

}  // namespace muster::testing
