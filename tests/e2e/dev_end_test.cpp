// How `muster dev` ends: containers go on and are adopted by the next start, or with --cleanup they go as well.
#include "tests/e2e/engine_test.h"

namespace muster::testing {
namespace {

class DevEnd : public EngineTest {};

TEST_F(DevEnd, LeavesContainersUnlessToldToCleanUp) {
  process_.start_dev(options());
  process_.apply(definition("web", serve) + service("web", 2));
  ASSERT_TRUE(process_.becomes("service", "web", "status.runningCount", "2"));
  const auto before = starts();
  ASSERT_EQ(before.size(), 2U);
  EXPECT_EQ(process_.stop(), 0);
  EXPECT_EQ(starts(), before);

  Command cleanup = options();
  cleanup.push_back("--cleanup");
  process_.start_dev(cleanup);
  ASSERT_TRUE(process_.becomes("containerinstance", "dev", "status.connection", "Connected"));
  ASSERT_TRUE(process_.becomes("service", "web", "status.runningCount", "2"));
  EXPECT_EQ(starts(), before);
  EXPECT_EQ(process_.stop(), 0);
  EXPECT_TRUE(containers("-a").empty()) << docker({"ps", "-a"}).out << process_.daemon().err();
}

}  // namespace
}  // namespace muster::testing
