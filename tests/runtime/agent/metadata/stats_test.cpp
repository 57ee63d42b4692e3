// Docker's shapes of what a container uses.
#include "runtime/agent/metadata/stats.h"

#include <gtest/gtest.h>

#include "api/schema/json.h"
#include "runtime/agent/metadata/quota.h"

namespace muster::agent::metadata {
namespace {

using std::chrono::seconds;

Measurement measured() {
  Measurement out{"muster-web-app", "aaaa", {}, {}, {}};
  out.usage.cpu = seconds(3);
  out.usage.memory_bytes = 600;
  out.usage.memory = drivers::MemoryUsage{};
  out.usage.memory->usage = 1000;
  out.usage.memory->limit = 4096;
  drivers::InterfaceUsage interface;
  interface.name = "eth0";
  interface.received.bytes = 500;
  interface.sent.bytes = 100;
  out.usage.network = {interface};
  out.now = moment_of(out.usage, Time{seconds(1'700'000'010)}, seconds(100));
  return out;
}

TEST(MetadataStats, have_dockers_names) {
  const Node node = stats(measured(), {2, 8192});
  EXPECT_EQ(node.text_of("name"), "/muster-web-app");
  EXPECT_EQ(node.text_of("id"), "aaaa");
  EXPECT_EQ(node.find("cpu_stats")->find("cpu_usage")->find("total_usage")->integer, 3'000'000'000);
  EXPECT_EQ(node.find("cpu_stats")->find("system_cpu_usage")->integer, 200'000'000'000) << "of both processors";
  EXPECT_EQ(node.find("cpu_stats")->find("online_cpus")->integer, 2);
  EXPECT_EQ(node.find("memory_stats")->find("usage")->integer, 1000);
  EXPECT_EQ(node.find("memory_stats")->find("limit")->integer, 4096);
  EXPECT_EQ(node.find("memory_stats")->find("stats")->find("inactive_file")->integer, 400);
  EXPECT_EQ(node.find("networks")->find("eth0")->find("rx_bytes")->integer, 500);
  EXPECT_TRUE(node.find("precpu_stats")->members.empty()) << "nothing was measured before";
  EXPECT_EQ(node.find("network_rate_stats"), nullptr);
}

TEST(MetadataStats, rates_are_between_two_measurements) {
  Measurement now = measured();
  now.before = Moment{Time{seconds(1'700'000'000)}, seconds(90), seconds(1), 300, 100};
  const Node node = stats(now, {2, 8192});
  EXPECT_EQ(node.find("precpu_stats")->find("cpu_usage")->find("total_usage")->integer, 1'000'000'000);
  EXPECT_DOUBLE_EQ(node.find("network_rate_stats")->find("rx_bytes_per_sec")->number, 20);
  EXPECT_DOUBLE_EQ(node.find("network_rate_stats")->find("tx_bytes_per_sec")->number, 0);
}

TEST(MetadataStats, what_a_driver_does_not_know_is_left_out) {
  Measurement bare{"x", "y", {}, {}, {}};
  bare.usage.memory_bytes = 7;
  const Node node = stats(bare, {1, 100});
  EXPECT_EQ(node.find("memory_stats")->find("usage")->integer, 7);
  EXPECT_EQ(node.find("memory_stats")->find("limit")->integer, 100);
  EXPECT_EQ(node.find("networks"), nullptr);
}

TEST(MetadataQuota, is_each_tasks_own) {
  Quota quota;
  int taken = 0;
  while (taken < 1000 && quota.take("a", seconds(0))) ++taken;
  EXPECT_EQ(taken, 60) << "ECS: a burst";
  EXPECT_TRUE(quota.take("b", seconds(0)));
  taken = 0;
  while (taken < 1000 && quota.take("a", seconds(1))) ++taken;
  EXPECT_EQ(taken, 40) << "ECS: a second";
}

TEST(MetadataQuota, does_not_grow_without_bound) {
  Quota quota;
  for (int i = 0; i < 10'000; ++i) quota.take(std::to_string(i), seconds(0));
  EXPECT_LE(quota.size(), Quota::most);
  EXPECT_TRUE(quota.take("later", seconds(60))) << "those who have not asked for long are forgotten";
}

}  // namespace
}  // namespace muster::agent::metadata
