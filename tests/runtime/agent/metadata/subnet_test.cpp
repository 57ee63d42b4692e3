// Who may ask: this host, and the networks of its containers.
#include "runtime/agent/metadata/subnet.h"

#include <gtest/gtest.h>

namespace muster::agent::metadata {
namespace {

TEST(MetadataSubnet, this_host_and_its_bridges) {
  const std::vector<drivers::Bridge> bridges = {{"172.17.0.1", "172.17.0.0/16"}, {"10.5.0.1", "10.5.0.0/24"}};
  for (const char* peer : {"127.0.0.1:1", "127.9.9.9:40000", "172.17.0.2:5", "172.17.255.254:5", "10.5.0.77:5"}) {
    EXPECT_TRUE(may_ask(peer, bridges)) << peer;
  }
  for (const char* peer : {"172.18.0.2:5", "10.5.1.1:5", "192.168.1.7:5", "8.8.8.8:53", "[::1]:5", "gone", "", ":5",
                           "1.2.3:4", "1.2.3.256:4", "172.17.0.2.1:5"}) {
    EXPECT_FALSE(may_ask(peer, bridges)) << peer;
  }
  EXPECT_FALSE(may_ask("172.17.0.2:5", {}));
}

TEST(MetadataSubnet, a_bridge_must_be_what_it_says) {
  EXPECT_TRUE(usable({"172.17.0.1", "172.17.0.0/16"}));
  for (const drivers::Bridge& bridge : {drivers::Bridge{"", "172.17.0.0/16"},
                                        {"172.17.0.1", ""},
                                        {"172.17.0.1", "172.18.0.0/16"},
                                        {"172.17.0.1", "0.0.0.0/0"},
                                        {"172.17.0.1", "172.17.0.0/33"},
                                        {"172.17.0.1", "172.17.0.0"},
                                        {"fd00::1", "fd00::/8"}}) {
    EXPECT_FALSE(usable(bridge)) << bridge.gateway << ' ' << bridge.subnet;
  }
}

}  // namespace
}  // namespace muster::agent::metadata
