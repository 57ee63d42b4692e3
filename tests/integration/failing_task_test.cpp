// Tasks that cannot do their work say why.
#include <gtest/gtest.h>

#include <algorithm>

#include "api/base/time.h"
#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

TEST(FailingTask, CommandThatExitsAtOnceBacksOffAndSaysWhy) {
  MusterProcess process;
  process.start_dev({"--driver", "process"});
  process.apply(definition("bad", "echo no luck; exit 3") + service("bad", 1));
  const auto stopped = [&] {
    std::vector<Node> tasks = process.list("tasks", "muster.dev/service=bad");
    tasks.erase(std::remove_if(tasks.begin(), tasks.end(),
                               [](const Node& task) { return text_at(task, "status.lastStatus") != "STOPPED"; }),
                tasks.end());
    return tasks;
  };
  ASSERT_TRUE(eventually([&] { return stopped().size() >= 4; }));
  std::vector<std::string> created;
  for (const Node& task : stopped()) {
    EXPECT_EQ(text_at(task, "status.containers.0.exitCode"), "3");
    EXPECT_EQ(text_at(task, "status.stopCode"), "EssentialContainerExited");
    EXPECT_EQ(text_at(task, "status.stoppedReason"), "Essential container in task exited");
    created.push_back(text_at(task, "status.createdAt"));
  }
  std::sort(created.begin(), created.end());
  const auto gap = [&](std::size_t i) {
    return std::chrono::duration<double>(*parse_time(created[i]) - *parse_time(created[i - 1])).count();
  };
  // The first replacement at once, then a second, doubled each time; only lower bounds, the machine may be slow.
  EXPECT_GE(gap(2), 0.9);
  EXPECT_GE(gap(3), 1.8);
  const Node service = process.get("service", "bad");
  EXPECT_EQ(text_at(service, "status.conditions.0.type"), "Ready");
  EXPECT_EQ(text_at(service, "status.conditions.0.status"), "False");
  EXPECT_NE(text_at(service, "status.conditions.0.message").find("Essential container in task exited"),
            std::string::npos);
  EXPECT_EQ(text_at(service, "status.conditions.0.reason"), "TasksFailing");
  EXPECT_NE(text_at(service, "status.conditions.0.message").find("exit code 3 of app"), std::string::npos);
  EXPECT_EQ(text_at(service, "status.deployments.0.rolloutState"), "IN_PROGRESS");
  const Ran followed = process.muster({"rollout", "status", "service/bad", "--timeout", "2s"});
  EXPECT_EQ(followed.code, 1) << followed.out;
  EXPECT_NE(followed.err.find("failures in a row"), std::string::npos) << followed.err;
  EXPECT_NE(process.must({"get", "tasks"}).find("exit 3"), std::string::npos);
  EXPECT_NE(process.must({"describe", "service/bad"}).find("failures in a row"), std::string::npos);
  process.stop();
}

TEST(FailingTask, NoSuchProgram) {
  MusterProcess process;
  process.start_dev({"--driver", "process"});
  process.apply(
      "apiVersion: muster.dev/v1beta1\nkind: TaskDefinition\nmetadata: {name: none}\nspec:\n  containerDefinitions:\n"
      "    - {name: app, image: x, memory: 16, command: [/no/such/program]}\n---\n"
      "apiVersion: muster.dev/v1beta1\nkind: Task\nmetadata: {name: none}\nspec: {taskDefinition: none}\n");
  ASSERT_TRUE(process.becomes("task", "none", "status.lastStatus", "STOPPED"));
  const Node task = process.get("task", "none");
  EXPECT_EQ(text_at(task, "status.stopCode"), "TaskFailedToStart");
  EXPECT_NE(
      (text_at(task, "status.stoppedReason") + text_at(task, "status.containers.0.reason")).find("/no/such/program"),
      std::string::npos)
      << process.must({"get", "task", "none", "-o", "yaml"});
  process.stop();
}

TEST(FailingTask, TaskThatFitsNowhereCountsTheReasons) {
  MusterProcess process;
  process.start_dev({"--driver", "simulated", "--agents", "3"});
  ASSERT_TRUE(eventually([&] { return process.list("containerinstances").size() == 3; }));
  process.must({"get", "containerinstances"});
  process.apply(
      "apiVersion: muster.dev/v1beta1\nkind: TaskDefinition\nmetadata: {name: huge}\nspec:\n  containerDefinitions:\n"
      "    - {name: app, image: x, memory: 900000000}\n---\n"
      "apiVersion: muster.dev/v1beta1\nkind: Task\nmetadata: {name: huge}\nspec: {taskDefinition: huge}\n");
  EXPECT_TRUE(process.becomes("task", "huge", "status.conditions.0.message", "0/3 instances: 3 insufficient memory"));
  EXPECT_TRUE(process.becomes("task", "huge", "status.conditions.0.reason", "Unplaceable"));
  process.stop();
}

}  // namespace
}  // namespace muster::testing
