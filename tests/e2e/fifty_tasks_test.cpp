// Fifty tasks of one host come and go at once, and leave nothing.
#include "tests/e2e/engine_test.h"

namespace muster::testing {
namespace {

class FiftyTasks : public EngineTest {};

TEST_F(FiftyTasks, StartAndStop) {
  process_.start_dev(options());
  process_.apply(definition("web", serve) + service("web", 50));
  EXPECT_TRUE(process_.becomes("service", "web", "status.runningCount", "50")) << process_.must({"get", "tasks"});
  EXPECT_EQ(containers().size(), 50U);
  EXPECT_EQ(containers("-a").size(), 50U) << "none was needed twice";
  process_.must({"delete", "service/web"});
  EXPECT_TRUE(eventually([] { return containers("-a").empty(); })) << process_.must({"get", "tasks"});
  process_.stop();
}

}  // namespace
}  // namespace muster::testing
