#include "runtime/drivers/cgroup/usage.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "tests/support/source_dir.h"
#include "tests/support/temporary_directory.h"

namespace muster::cgroup {
namespace {

namespace fs = std::filesystem;
using drivers::Usage;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

Host host(const std::string& version) {
  const fs::path folder = testing::source_dir() / "tests/runtime/drivers/cgroup" / version;
  return {folder / "sys", folder / "proc"};
}
const Container container{"container", 4242, true};

TEST(CgroupUsage, OfVersion2) {
  const Result<Usage> usage = read_usage(host("v2"), container);
  ASSERT_TRUE(usage.ok()) << usage.error().text();
  EXPECT_EQ(usage->cpu, microseconds(2411873));
  EXPECT_EQ(usage->memory_bytes, 15458304 - 4194304);
  EXPECT_EQ(usage->quota, (drivers::CpuQuota{milliseconds(50), milliseconds(100), 481, 17, microseconds(930112)}));
  EXPECT_EQ(usage->memory, (drivers::MemoryUsage{15458304, 9011200, 5242880, 4096, 134217728, 16384000}));
  EXPECT_EQ(usage->network,
            (std::vector<drivers::InterfaceUsage>{{"eth0", {5284321, 4102, 1, 2}, {310944, 2981, 3, 4}}}));
  EXPECT_EQ(usage->disk, (drivers::DiskUsage{3149824, 1048576, 25, 9}));
  EXPECT_EQ(usage->processes, 5);
  EXPECT_EQ(usage->out_of_memory_kills, 1);
}

TEST(CgroupUsage, OfVersion1) {
  const Result<Usage> usage = read_usage(host("v1"), container);
  ASSERT_TRUE(usage.ok()) << usage.error().text();
  EXPECT_EQ(usage->cpu, nanoseconds(267931111));
  EXPECT_EQ(usage->memory_bytes, 741376);
  EXPECT_EQ(usage->quota, (drivers::CpuQuota{milliseconds(20), milliseconds(100), 17, 12, nanoseconds(340797819)}));
  EXPECT_EQ(usage->memory, (drivers::MemoryUsage{741376, 53248, 12288, 0, 67108864, 3809280}));
  EXPECT_EQ(usage->network, (std::vector<drivers::InterfaceUsage>{{"eth0", {806, 9, 0, 0}, {0, 0, 0, 0}}}));
  EXPECT_EQ(usage->disk, (drivers::DiskUsage{3145728, 1048576, 24, 9}));
  EXPECT_EQ(usage->processes, 1);
  EXPECT_EQ(usage->out_of_memory_kills, 0);
}

TEST(CgroupUsage, OfTheHostsNetworkIsNotTheContainers) {
  Container in_hosts_network = container;
  in_hosts_network.own_network = false;
  const Result<Usage> usage = read_usage(host("v2"), in_hosts_network);
  ASSERT_TRUE(usage.ok());
  EXPECT_TRUE(usage->network.empty());
}

TEST(CgroupUsage, OfAnotherProcessWithTheNumberIsNotRead) {
  EXPECT_EQ(read_usage(host("v2"), {"other", 4242, true}).error().code, Code::not_found);
  EXPECT_EQ(read_usage(host("v2"), {"container", 4243, true}).error().code, Code::not_found);
  EXPECT_EQ(read_usage(host("v2"), {"container", 0, true}).error().code, Code::not_found);
  EXPECT_EQ(read_usage(host("v2"), {"", 4242, true}).error().code, Code::not_found);
}

// A group without some controllers, or an older kernel's, and whatever else may stand in files.
class Files : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  testing::TemporaryDirectory folder_;
};

TEST_F(Files, WhatIsMissingIsNotKnown) {
  put("cpu.stat", "usage_usec 5\n");
  EXPECT_FALSE(read_usage_v2(folder_.path()).ok()) << "without memory nothing can be told";
  put("memory.stat", "anon 1\n");
  put("memory.current", "7\n");
  put("memory.max", "max\n");
  put("cpu.max", "max 100000\n");
  const Result<Usage> usage = read_usage_v2(folder_.path());
  ASSERT_TRUE(usage.ok());
  EXPECT_EQ(usage->memory_bytes, 7);
  EXPECT_EQ(usage->memory, (drivers::MemoryUsage{7, 1, 0, 0, 0, 0}));
  EXPECT_EQ(usage->quota, drivers::CpuQuota{});
  EXPECT_FALSE(usage->disk);
  EXPECT_FALSE(usage->processes);
  EXPECT_FALSE(usage->out_of_memory_kills);
}

TEST_F(Files, HoldNumbersOrAreIgnored) {
  put("cpu.stat", "usage_usec 9223372036854775807\nnr_periods -4\nnr_throttled x\n");
  put("memory.stat", "inactive_file 100\n");
  put("memory.current", "7\n");
  put("cpu.max", "");
  put("io.stat", "8:0 rbytes=9223372036854775807 wbytes=\n8:1 rbytes=9 rubbish\n\n");
  const Result<Usage> usage = read_usage_v2(folder_.path());
  ASSERT_TRUE(usage.ok());
  EXPECT_GT(usage->cpu, Duration::zero());
  EXPECT_EQ(usage->memory_bytes, 0);
  EXPECT_EQ(usage->quota->periods, 0);
  EXPECT_EQ(usage->disk->read_bytes, std::numeric_limits<std::int64_t>::max());
  put("memory.current", std::string(1U << 20U, '1'));
  EXPECT_FALSE(read_usage_v2(folder_.path()).ok());
}

TEST(Interfaces, AreThoseWithAllTheirNumbers) {
  EXPECT_TRUE(parse_interfaces("").empty());
  EXPECT_TRUE(
      parse_interfaces("eth0: 1 2 3\neth1: 1 2 3 4 5 6 7 8 9 10 11 x 0\n: 1 2 3 4 5 6 7 8 9 10 11 12\n").empty());
  const auto one = parse_interfaces("eth0:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16");
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0], (drivers::InterfaceUsage{"eth0", {1, 2, 3, 4}, {9, 10, 11, 12}}));
  std::string many;
  for (int i = 0; i < 100; ++i) many += "e: 1 2 3 4 5 6 7 8 9 10 11 12\n";
  EXPECT_EQ(parse_interfaces(many).size(), 32U);
}

}  // namespace
}  // namespace muster::cgroup
