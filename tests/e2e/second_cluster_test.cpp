// Two clusters on one Docker Engine, with an agent of the same name each: neither touches the other's containers.
#include "tests/e2e/engine_test.h"

namespace muster::testing {
namespace {

class SecondCluster : public EngineTest {};

TEST_F(SecondCluster, TouchesNothingOfTheFirst) {
  process_.start_dev(options());
  process_.apply(definition("web", serve) + service("web", 2));
  ASSERT_TRUE(process_.becomes("service", "web", "status.runningCount", "2"));
  const std::string foreign = lines_of(docker({"run", "-d", DockerEngine::image, "sleep", "1000"}).out).at(0);
  const auto before = starts();
  ASSERT_EQ(before.size(), 3U);

  MusterProcess second;
  Command cleanup = options();
  cleanup.push_back("--cleanup");
  second.start_dev(cleanup);
  second.apply(definition("web", serve) + service("web", 2));
  ASSERT_TRUE(second.becomes("service", "web", "status.runningCount", "2"));
  EXPECT_EQ(second.list("tasks").size(), 2U) << "it has not taken the other's for its own";
  EXPECT_EQ(containers().size(), 5U);
  second.must({"delete", "service/web"});
  EXPECT_TRUE(eventually([&] { return starts() == before; }));
  second.apply(service("web", 1));
  ASSERT_TRUE(second.becomes("service", "web", "status.runningCount", "1"));
  EXPECT_EQ(second.stop(), 0);
  EXPECT_EQ(starts(), before) << "nor when it cleans up";

  // The first, started again, adopts its own two and leaves the stranger alone.
  process_.stop();
  process_.start_dev(options());
  ASSERT_TRUE(process_.becomes("service", "web", "status.runningCount", "2"));
  EXPECT_EQ(starts(), before);
  process_.must({"delete", "service/web"});
  EXPECT_TRUE(eventually([&] { return containers() == std::set<std::string>{foreign}; }));
  process_.stop();
}

}  // namespace
}  // namespace muster::testing
