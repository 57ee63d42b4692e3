// Controllers in processes of their own, over the server's API: killed, hung, and with a server that is killed.
#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

constexpr const char* none = "--controllers=-service,-scheduler,-instance,-task-run,-cleanup,-garbage,-roles";
constexpr const char* run_manifest =
    "apiVersion: muster.dev/v1beta1\nkind: TaskRun\nmetadata: {name: once}\nspec: {taskDefinition: once, count: 1}\n";

class ControllersApart : public ::testing::Test {
 protected:
  std::unique_ptr<BackgroundProcess> start_controllers(const std::string& names = "") {
    Command command{std::getenv("MUSTER_BINARY"), "controllers", "--server", process.url()};
    if (!names.empty()) command.push_back("--controllers=" + names);
    auto controllers = std::make_unique<BackgroundProcess>(command, process.environment());
    EXPECT_TRUE(eventually([&] { return controllers->out() == "ready " + process.url() + "\n"; }))
        << controllers->out() << controllers->err();
    return controllers;
  }
  std::unique_ptr<BackgroundProcess> start_agent() {
    auto agent = std::make_unique<BackgroundProcess>(
        Command{std::getenv("MUSTER_BINARY"), "agent", "--server", process.url(), "--name", "one", "--driver",
                "process", "--data-dir", process.home() + "/agent", "--metrics-listen", "off"},
        process.environment());
    EXPECT_TRUE(process.becomes("containerinstance", "one", "status.agent.connected", "true")) << agent->err();
    return agent;
  }
  // Names of all tasks of the service, however they are.
  std::set<std::string> tasks() {
    std::set<std::string> names;
    for (const Node& task : process.list("tasks", "muster.dev/service=web"))
      names.insert(text_at(task, "metadata.name"));
    return names;
  }
  static void end(BackgroundProcess& controllers) {
    controllers.signal(SIGTERM);
    EXPECT_EQ(controllers.wait(), 0) << controllers.err();
  }

  MusterProcess process;
};

class ControllerHung : public ControllersApart, public ::testing::WithParamInterface<std::string> {};

TEST_F(ControllersApart, AllOfThemKeepAServiceRunning) {
  process.start_server({none});
  const auto agent = start_agent();
  auto controllers = start_controllers();
  process.apply(definition("web", "sleep 1000") + service("web", 3));
  ASSERT_TRUE(process.becomes("service", "web", "status.runningCount", "3")) << controllers->err();
  const std::set<std::string> before = tasks();

  // Killed in the middle of a change: the next one goes on with it, and makes nothing twice.
  process.must({"scale", "service/web", "--count=6"});
  controllers->signal(SIGKILL);
  controllers->wait();
  controllers = start_controllers();
  ASSERT_TRUE(process.becomes("service", "web", "status.runningCount", "6")) << controllers->err();
  const std::set<std::string> after = tasks();
  EXPECT_EQ(after.size(), 6U);
  for (const std::string& name : before) EXPECT_EQ(after.count(name), 1U) << name;

  // The server is killed: they come back to it by themselves.
  process.kill();
  process.start_server({none});
  process.must({"scale", "service/web", "--count=7"});
  EXPECT_TRUE(process.becomes("service", "web", "status.runningCount", "7")) << controllers->err();
  EXPECT_EQ(tasks().size(), 7U);
  EXPECT_TRUE(controllers->running());
  end(*controllers);
  process.stop();
}

TEST_F(ControllersApart, EndWithoutHavingFoundAServer) {
  BackgroundProcess controllers({std::getenv("MUSTER_BINARY"), "controllers", "--server", "http://127.0.0.1:1"},
                                process.environment());
  EXPECT_TRUE(eventually([&] { return controllers.err().find("trying again") != std::string::npos; }));
  EXPECT_EQ(controllers.out(), "");
  end(controllers);
}

// One controller hangs; what proves that the others work is what does not need that one.
TEST_P(ControllerHung, OthersGoOnWhenOneHangs) {
  const std::string hung = GetParam();
  process.start_server({"--controllers=-" + hung});
  const auto agent = start_agent();
  const auto controllers = start_controllers(hung);
  process.apply(definition("web", "sleep 1000") + definition("once", "exit 0") + service("web", 2));
  ASSERT_TRUE(process.becomes("service", "web", "status.runningCount", "2")) << controllers->err();
  controllers->signal(SIGSTOP);

  process.apply(run_manifest);
  process.must({"scale", "service/web", "--count=3"});
  if (hung != "service") {
    EXPECT_TRUE(eventually([&] { return tasks().size() == 3; })) << "service: makes the task";
  }
  if (hung != "service" && hung != "scheduler") {
    EXPECT_TRUE(process.becomes("service", "web", "status.runningCount", "3")) << "scheduler: places it";
  }
  if (hung != "task-run") {
    EXPECT_TRUE(eventually([&] { return process.list("tasks", "muster.dev/task-run=once").size() == 1; }))
        << "task run: makes its task";
  }
  if (hung == "service" || hung == "task-run") {
    process.apply(
        "apiVersion: muster.dev/v1beta1\nkind: Task\nmetadata: {name: by-hand}\nspec: {taskDefinition: web}\n");
    EXPECT_TRUE(process.becomes("task", "by-hand", "status.lastStatus", "RUNNING")) << "scheduler: places it";
  }
  if (hung == "scheduler") {
    // A task that runs is stopped and seen to be stopped without it; its successor waits for a place.
    const std::string victim = *tasks().begin();
    process.must({"delete", "task/" + victim});
    EXPECT_TRUE(eventually([&] { return process.get("task", victim).is_null(); })) << "garbage: lets go of it";
  }
  if (hung != "garbage") {
    process.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: passing}\n");
    process.must({"delete", "namespace/passing"});
    EXPECT_TRUE(eventually([&] { return process.get("namespace", "passing").is_null(); })) << "garbage: empties it";
  }
  if (hung != "instance") {
    EXPECT_TRUE(process.becomes("containerinstance", "one", "status.connection", "Connected"));
  }

  controllers->signal(SIGCONT);
  EXPECT_TRUE(process.becomes("service", "web", "status.runningCount", "3")) << controllers->err();
  EXPECT_TRUE(process.becomes("taskrun", "once", "status.succeededCount", "1")) << controllers->err();
  end(*controllers);
  process.stop();
}

INSTANTIATE_TEST_SUITE_P(Each, ControllerHung,
                         ::testing::Values("service", "scheduler", "instance", "task-run", "cleanup", "garbage"),
                         [](const auto& each) { return each.param == "task-run" ? "task_run" : each.param; });

}  // namespace
}  // namespace muster::testing
