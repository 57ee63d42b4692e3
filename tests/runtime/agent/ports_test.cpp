// Dynamic host ports, tried on this host by binding.
#include "runtime/agent/ports.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

namespace muster::agent {
namespace {

using ::testing::HasSubstr;

TEST(Ports, the_range_is_read_as_the_kernel_writes_it) {
  EXPECT_EQ(parse_port_range("32768\t60999\n").first, 32768);
  EXPECT_EQ(parse_port_range("32768\t60999\n").last, 60999);
  for (const char* text : {"", "x y", "5", "9 3", "0 70000", "1 2 3"}) {
    EXPECT_EQ(parse_port_range(text).first, 49153) << text;
    EXPECT_EQ(parse_port_range(text).last, 65535) << text;
  }
}

TEST(Ports, are_given_out_in_turn_and_never_twice_in_a_row) {
  SeededRandom random(3);
  const PortRange range = host_port_range();
  HostPorts ports(random, range.first, range.last);
  std::set<int> given;
  for (int at = 0; at < 100; ++at) {
    const Result<int> port = ports.choose(Protocol::tcp, 1);
    ASSERT_TRUE(port.ok());
    EXPECT_GE(*port, range.first);
    EXPECT_LE(*port, range.last);
    EXPECT_TRUE(given.insert(*port).second);
  }
}

TEST(Ports, several_are_in_a_row) {
  SeededRandom random(3);
  const PortRange range = host_port_range();
  HostPorts ports(random, range.first, range.last);
  int last = 0;
  for (int at = 0; at < 20; ++at) {
    const Result<int> first = ports.choose(Protocol::udp, 5);
    ASSERT_TRUE(first.ok()) << first.error().message;
    EXPECT_GE(*first, range.first);
    EXPECT_LE(*first + 4, range.last);
    EXPECT_TRUE(*first > last || *first + 4 < last) << "they would overlap those given before";
    last = *first + 4;
  }
  HostPorts few(random, 51676, 51683);  // 51678 to 51680 are reserved; UDP, of which hosts use few by themselves
  EXPECT_EQ(*few.choose(Protocol::udp, 3), 51681);
  const Result<int> none = few.choose(Protocol::udp, 4);
  ASSERT_FALSE(none.ok());
  EXPECT_THAT(none.error().message, HasSubstr("no 4 free host ports in a row"));
}

TEST(Ports, those_in_use_and_reserved_ones_are_left_out) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_GE(listener, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const int taken = ntohs(address.sin_port);
  SeededRandom random(3);
  HostPorts only(random, taken, taken);
  const Result<int> port = only.choose(Protocol::tcp, 1);
  ::close(listener);
  ASSERT_FALSE(port.ok());
  EXPECT_THAT(port.error().message, HasSubstr("no free host port"));
  HostPorts forbidden(random, 51678, 51680);
  EXPECT_FALSE(forbidden.choose(Protocol::udp, 1).ok());
}

}  // namespace
}  // namespace muster::agent
