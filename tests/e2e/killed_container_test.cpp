// `docker kill` of a container: another task runs in its place, and the old one says what happened.
#include "tests/e2e/engine_test.h"

namespace muster::testing {
namespace {

class KilledContainer : public EngineTest {};

TEST_F(KilledContainer, IsReplacedAndItsEndIsTold) {
  process_.start_dev(options());
  process_.apply(definition("web", serve) + service("web", 2));
  ASSERT_TRUE(process_.becomes("service", "web", "status.runningCount", "2"));
  const Node victim = process_.list("tasks").front();
  const std::string name = text_at(victim, "metadata.name");
  const std::string container = text_at(victim, "status.containers.0.runtimeId");
  ASSERT_EQ(containers().count(container), 1U) << container;

  ASSERT_EQ(docker({"kill", container}).code, 0);
  ASSERT_TRUE(process_.becomes("task", name, "status.lastStatus", "STOPPED"));
  const Node dead = process_.get("task", name);
  EXPECT_EQ(text_at(dead, "status.containers.0.exitCode"), "137");
  EXPECT_EQ(text_at(dead, "status.stopCode"), "EssentialContainerExited");
  EXPECT_EQ(text_at(dead, "status.stoppedReason"), "Essential container in task exited");
  EXPECT_TRUE(eventually([] { return containers().size() == 2; }));
  EXPECT_TRUE(process_.becomes("service", "web", "status.runningCount", "2"));
  EXPECT_EQ(containers().count(container), 0U);
  EXPECT_NE(process_.must({"get", "tasks"}).find("exit 137"), std::string::npos);
  process_.stop();
}

}  // namespace
}  // namespace muster::testing
