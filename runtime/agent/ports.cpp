#include "runtime/agent/ports.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "api/base/text.h"
#include "runtime/base/file.h"

namespace muster::agent {
namespace {

// Bound and closed again; without listening nothing stays behind.
bool can_bind(int port, Protocol protocol) {
  const int type = protocol == Protocol::udp ? SOCK_DGRAM : SOCK_STREAM;
  const int descriptor = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const bool bound = ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(descriptor);
  return bound;
}

}  // namespace

bool reserved_port(int port) {
  constexpr std::array<int, 6> reserved = {22, 2375, 2376, 51678, 51679, 51680};
  return std::ranges::find(reserved, port) != reserved.end();
}

HostPorts::HostPorts(Random& random, int first, int last)
    : first_(first),
      last_(std::max(first, last)),
      given_(first_ + static_cast<int>(random.next() % static_cast<std::uint64_t>(last_ - first_ + 1))) {}

Result<int> HostPorts::choose(Protocol protocol, int count) {
  int free = 0;  // up to and with given_
  // A run may begin just before the place where the search began.
  for (int tried = 0; tried < last_ - first_ + count; ++tried) {
    if (given_ < last_) {
      ++given_;
    } else {
      given_ = first_;
      free = 0;
    }
    free = !reserved_port(given_) && can_bind(given_, protocol) ? free + 1 : 0;
    if (free == count) return given_ - count + 1;
  }
  return Error{Code::too_many,
               str("CannotCreateContainerError: no ",
                   count == 1 ? std::string("free host port") : str(count, " free host ports in a row"), " between ",
                   first_, " and ", last_),
               {}};
}

PortRange parse_port_range(const std::string& text) {
  std::string words = text;
  std::ranges::replace(words, '\t', ' ');
  words = std::string(trim(words));
  const std::size_t gap = words.find(' ');
  if (gap == std::string::npos) return {};
  const auto first = parse_int(trim(words.substr(0, gap)));
  const auto last = parse_int(trim(words.substr(gap)));
  if (!first || !last || *first < 1 || *last > 65535 || *first > *last) return {};
  return PortRange{static_cast<int>(*first), static_cast<int>(*last)};
}

PortRange host_port_range() {
  const auto text = read_file("/proc/sys/net/ipv4/ip_local_port_range", 256);
  return text.ok() ? parse_port_range(*text) : PortRange{};
}

}  // namespace muster::agent
