// ECS's texts for the size of a task.
#include "api/types/task_size.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace muster {
namespace {

TEST(TaskSize, Cpu) {
  EXPECT_EQ(parse_cpu("512"), 512);
  EXPECT_EQ(parse_cpu("1 vCPU"), 1024);
  EXPECT_EQ(parse_cpu("1vcpu"), 1024);
  EXPECT_EQ(parse_cpu("0.5 vCPU"), 512);
  EXPECT_EQ(parse_cpu(".25 vcpu"), std::nullopt);
  EXPECT_EQ(parse_cpu("0.25vCPU"), 256);
  EXPECT_EQ(parse_cpu("192 vCPU"), 196'608);
  EXPECT_EQ(parse_cpu("196608"), 196'608);
  for (const std::string text : {"", "0", "-1", "1.5", "vCPU", "1 vCPUs", "1GB", "0.0001 vCPU", "1. vCPU", "1e3", "x",
                                 "196609", "193 vCPU", "1.-5 vCPU", "99999999999 vCPU", "9223372036854775808"}) {
    EXPECT_EQ(parse_cpu(text), std::nullopt) << text;
  }
}

TEST(TaskSize, Memory) {
  EXPECT_EQ(parse_memory("512"), 512);
  EXPECT_EQ(parse_memory("1GB"), 1024);
  EXPECT_EQ(parse_memory("1 gb"), 1024);
  EXPECT_EQ(parse_memory("0.5 GB"), 512);
  for (const std::string text : {"", "0", "-512", "1 MB", "1 vCPU", "0.3 GB", "GB", "1.5", "99999999999"}) {
    EXPECT_EQ(parse_memory(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace muster
