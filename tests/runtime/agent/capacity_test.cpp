// What the host offers, in ECS's words.
#include "runtime/agent/capacity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::agent {
namespace {

using ::testing::Contains;

TEST(Capacity, memory_is_read_in_mib) {
  const std::string meminfo = "MemTotal:       24589476 kB\nMemFree: 1 kB\n";
  EXPECT_EQ(memory_field(meminfo, "MemTotal"), std::int64_t{24589476} * 1024);
  EXPECT_EQ(memory_field(meminfo, "MemFree"), 1024);
  EXPECT_EQ(memory_field(meminfo, "Mem"), std::nullopt);
  EXPECT_EQ(memory_field("nothing", "MemTotal"), std::nullopt);
  EXPECT_GT(host_facts().memory_mib, 0);
  EXPECT_GT(host_facts().cpus, 0);
}

TEST(Capacity, the_engines_word_goes_before_the_hosts) {
  const HostFacts host{8, 16'000, "arm64", {}};
  drivers::Info engine;
  EXPECT_THAT(resources_of(host, engine), Contains(InstanceResource{"CPU", "INTEGER", 8192, {}}));
  engine.cpus = 2;
  engine.memory_bytes = std::int64_t{4} << 30;
  engine.attributes = {{"com.amazonaws.ecs.capability.privileged-container", ""}};
  EXPECT_THAT(resources_of(host, engine), Contains(InstanceResource{"CPU", "INTEGER", 2048, {}}));
  EXPECT_THAT(resources_of(host, engine), Contains(InstanceResource{"MEMORY", "INTEGER", 4096, {}}));
  const auto attributes = attributes_of(host, engine, "b", {Attribute{"rack", "7"}, Attribute{"ecs.os-type", "bsd"}});
  EXPECT_THAT(attributes, Contains(Attribute{"ecs.availability-zone", "b"}));
  EXPECT_THAT(attributes, Contains(Attribute{"ecs.cpu-architecture", "arm64"}));
  EXPECT_THAT(attributes, Contains(Attribute{"rack", "7"}));
  EXPECT_THAT(attributes, Contains(Attribute{"ecs.os-type", "bsd"})) << "the operator's word holds";
  EXPECT_THAT(attributes, Contains(Attribute{"com.amazonaws.ecs.capability.privileged-container", ""}));
}

}  // namespace
}  // namespace muster::agent
