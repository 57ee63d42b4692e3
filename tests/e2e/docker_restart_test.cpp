// Docker stopped and started again: the agent says so, and everything runs again without anybody's help.
#include "tests/e2e/engine_test.h"

namespace muster::testing {
namespace {

class DockerRestart : public EngineTest {
 protected:
  // The status of the instance's condition EngineReady.
  std::string engine_ready() {
    const Node instance = process_.get("containerinstance", "dev");
    for (int i = 0; i < 8; ++i) {
      const std::string path = "status.conditions." + std::to_string(i);
      if (text_at(instance, path + ".type") == "EngineReady") return text_at(instance, path + ".status");
    }
    return "";
  }
};

TEST_F(DockerRestart, RecoversByItself) {
  process_.start_dev(options());
  process_.apply(definition("web", serve) + service("web", 2));
  ASSERT_TRUE(process_.becomes("service", "web", "status.runningCount", "2"));
  ASSERT_EQ(engine_ready(), "True");
  engine().stop();
  EXPECT_TRUE(eventually([&] { return engine_ready() == "False"; }));
  EXPECT_TRUE(process_.daemon().running());
  engine().start();
  EXPECT_TRUE(eventually([&] { return engine_ready() == "True"; }));
  EXPECT_TRUE(eventually([] { return containers().size() == 2; }));
  EXPECT_TRUE(process_.becomes("service", "web", "status.runningCount", "2"));
  process_.stop();
}

}  // namespace
}  // namespace muster::testing
