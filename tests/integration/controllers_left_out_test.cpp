// A server without one of the controllers: the others do their work, and what is missing is only what it does.
#include <gtest/gtest.h>

#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

constexpr const char* left_out_run =
    "apiVersion: muster.dev/v1beta1\nkind: TaskRun\nmetadata: {name: once}\nspec: {taskDefinition: once, count: 1}\n";

class ControllerLeftOut : public ::testing::TestWithParam<std::string> {};

TEST_P(ControllerLeftOut, OthersGoOn) {
  const std::string left_out = GetParam();
  MusterProcess process;
  process.start_server({"--controllers=-" + left_out});
  BackgroundProcess agent({std::getenv("MUSTER_BINARY"), "agent", "--server", process.url(), "--name", "one",
                           "--driver", "simulated", "--data-dir", process.home() + "/agent", "--metrics-listen", "off"},
                          process.environment());
  // Whoever keeps the instances: the agent itself registers, by the server.
  ASSERT_TRUE(process.becomes("containerinstance", "one", "status.agent.connected", "true")) << agent.err();
  process.apply(definition("web", "sleep 1000") + service("web", 2) + definition("once", "exit 0") + left_out_run);

  if (left_out != "service") {
    EXPECT_TRUE(eventually([&] { return process.list("tasks", "muster.dev/service=web").size() == 2; }));
  }
  if (left_out != "service" && left_out != "scheduler" && left_out != "instance") {
    EXPECT_TRUE(process.becomes("service", "web", "status.runningCount", "2"));
  }
  if (left_out != "task-run") {
    EXPECT_TRUE(eventually([&] { return process.list("tasks", "muster.dev/task-run=once").size() == 1; }));
  }
  if (left_out != "instance") {
    EXPECT_TRUE(process.becomes("containerinstance", "one", "status.connection", "Connected"));
  }
  if (left_out == "service" || left_out == "task-run") {
    process.apply(
        "apiVersion: muster.dev/v1beta1\nkind: Task\nmetadata: {name: by-hand}\nspec: {taskDefinition: web}\n");
    EXPECT_TRUE(process.becomes("task", "by-hand", "status.lastStatus", "RUNNING"));
    const std::string missing = left_out == "service" ? "muster.dev/service=web" : "muster.dev/task-run=once";
    EXPECT_TRUE(process.list("tasks", missing).empty());
  }
  if (left_out == "scheduler") {
    for (const Node& task : process.list("tasks")) EXPECT_EQ(text_at(task, "spec.containerInstance"), "");
  }
  EXPECT_EQ(process.muster({"get", "--raw", "/readyz"}).code, 0);

  // With all of them again, everything is caught up with.
  process.stop();
  process.start_server();
  EXPECT_TRUE(process.becomes("service", "web", "status.runningCount", "2"));
  process.stop();
}

INSTANTIATE_TEST_SUITE_P(Each, ControllerLeftOut,
                         ::testing::Values("service", "scheduler", "instance", "task-run", "cleanup", "garbage"),
                         [](const auto& each) { return each.param == "task-run" ? "task_run" : each.param; });

TEST(ControllerNames, UnknownOneIsRefused) {
  MusterProcess process;
  const Ran ran = process.muster({"server", "--data-dir", process.data(), "--controllers=-wheel"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_NE(ran.err.find("wheel"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("scheduler"), std::string::npos) << "the message names those there are: " << ran.err;
}

TEST(ControllerNames, MixOfBothFormsIsRefused) {
  MusterProcess process;
  const Ran ran = process.muster({"server", "--data-dir", process.data(), "--controllers=-scheduler,service"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_NE(ran.err.find("not both"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace muster::testing
