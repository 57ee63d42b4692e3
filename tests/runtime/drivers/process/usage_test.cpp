#include "runtime/drivers/process/usage.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace muster::drivers {
namespace {

using std::chrono::milliseconds;

TEST(ProcessUsage, is_read_behind_whatever_the_program_is_called) {
  const auto usage = parse_process_usage(
      "42 (a) b) S 1 42 40 0 -1 4194560 100 0 0 0 7 3 2 1 20 0 1 0 12345 1000000 25 18446744073709551615 1 1 0\n",
      milliseconds(10), 4096);
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->session, 40);
  EXPECT_EQ(usage->usage.cpu, milliseconds(130)) << "with the children that have ended";
  EXPECT_EQ(usage->usage.memory_bytes, 25 * 4096);
  EXPECT_FALSE(parse_process_usage("", milliseconds(10), 4096));
  EXPECT_FALSE(parse_process_usage("42 (a) S 1 42", milliseconds(10), 4096));
}

TEST(ProcessUsage, this_session_uses_memory) {
  const auto sessions = session_usages();
  const auto found = sessions.find(::getsid(0));
  ASSERT_NE(found, sessions.end());
  EXPECT_GT(found->second.memory_bytes, 0);
}

}  // namespace
}  // namespace muster::drivers
