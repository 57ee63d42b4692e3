// kill -9 of the agent: its containers do not notice, and the next agent takes them over as they are.
#include <csignal>

#include "tests/e2e/engine_test.h"

namespace muster::testing {
namespace {

class KilledAgent : public EngineTest {
 protected:
  // Names and containers of all tasks.
  std::map<std::string, std::string> tasks() {
    std::map<std::string, std::string> all;
    for (const Node& task : process_.list("tasks"))
      all[text_at(task, "metadata.name")] = text_at(task, "status.containers.0.runtimeId");
    return all;
  }
};

TEST_F(KilledAgent, ContainersAreUntouchedAndAdopted) {
  process_.start_server();
  auto agent = process_.start_agent("host", options());
  process_.apply(definition("web", serve) + service("web", 3));
  ASSERT_TRUE(process_.becomes("service", "web", "status.runningCount", "3"));
  const auto tasks_before = tasks();
  const auto starts_before = starts();
  ASSERT_EQ(starts_before.size(), 3U);

  agent->signal(SIGKILL);
  agent->wait();
  ASSERT_TRUE(process_.becomes("containerinstance", "host", "status.agent.connected", "false"));
  EXPECT_EQ(starts(), starts_before);
  agent = process_.start_agent("host", options());
  ASSERT_TRUE(process_.becomes("service", "web", "status.runningCount", "3"));
  EXPECT_EQ(starts(), starts_before) << "same containers, never restarted";
  EXPECT_EQ(containers("-a").size(), 3U) << "nothing doubled";
  EXPECT_EQ(tasks(), tasks_before);

  // Adopted, not only seen: it notices their end and stops them.
  ASSERT_EQ(docker({"kill", starts_before.begin()->first}).code, 0);
  EXPECT_TRUE(eventually([&] { return tasks().size() == 4 && containers().size() == 3; }));
  process_.must({"delete", "service/web"});
  EXPECT_TRUE(eventually([] { return containers().empty(); }));
  process_.stop();
}

TEST_F(KilledAgent, DeathOfAContainerMeanwhileIsNoticed) {
  process_.start_server();
  auto agent = process_.start_agent("host", options());
  process_.apply(definition("web", serve) + service("web", 2));
  ASSERT_TRUE(process_.becomes("service", "web", "status.runningCount", "2"));
  agent->signal(SIGKILL);
  agent->wait();
  const std::string victim = *containers().begin();
  ASSERT_EQ(docker({"kill", victim}).code, 0);
  agent = process_.start_agent("host", options());
  EXPECT_TRUE(eventually([&] { return containers().size() == 2; }));
  ASSERT_TRUE(process_.becomes("service", "web", "status.runningCount", "2"));
  bool told = false;
  for (const Node& task : process_.list("tasks"))
    told = told || (text_at(task, "status.containers.0.runtimeId") == victim &&
                    text_at(task, "status.containers.0.exitCode") == "137");
  EXPECT_TRUE(told) << process_.must({"get", "tasks"});
  process_.stop();
}

}  // namespace
}  // namespace muster::testing
