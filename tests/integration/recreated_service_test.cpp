// A service that is deleted and made again under the same name is another service: nothing of the first goes over.
#include <gtest/gtest.h>

#include <set>

#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

TEST(RecreatedService, NothingOfTheFirstIsMixedIn) {
  MusterProcess process;
  process.start_dev({"--driver", "process"});
  process.apply(definition("web", "echo first; exec sleep 1000") + service("web", 2));
  ASSERT_TRUE(process.becomes("service", "web", "status.runningCount", "2"));
  const std::string old_uid = text_at(process.get("service", "web"), "metadata.uid");
  std::set<std::string> old_tasks;
  for (const Node& task : process.list("tasks")) old_tasks.insert(text_at(task, "metadata.uid"));

  process.must({"delete", "service/web", "--no-wait"});
  process.must({"wait", "service/web", "--for", "delete"});
  process.apply(definition("web", "echo second; exec sleep 1000") + service("web", 3));
  ASSERT_TRUE(process.becomes("service", "web", "status.runningCount", "3"));
  const Node now = process.get("service", "web");
  EXPECT_NE(text_at(now, "metadata.uid"), old_uid);
  EXPECT_EQ(text_at(now, "status.deployments.1.id"), "") << "only a deployment of its own";

  std::set<std::string> sets;
  for (const Node& set : process.list("tasksets")) {
    if (text_at(set, "metadata.ownerReferences.0.uid") == text_at(now, "metadata.uid"))
      sets.insert(text_at(set, "metadata.uid"));
  }
  EXPECT_EQ(sets.size(), 1U);
  // The old tasks end; whichever runs in the end is of the new set.
  EXPECT_TRUE(eventually([&] {
    for (const Node& task : process.list("tasks"))
      if (old_tasks.count(text_at(task, "metadata.uid")) != 0) return false;
    return true;
  }));
  const std::vector<Node> tasks = process.list("tasks", "muster.dev/service=web");
  EXPECT_EQ(tasks.size(), 3U);
  for (const Node& task : tasks) {
    EXPECT_EQ(sets.count(text_at(task, "metadata.ownerReferences.0.uid")), 1U);
    EXPECT_EQ(text_at(task, "spec.taskDefinition"), "web:2");
    EXPECT_EQ(process.must({"logs", text_at(task, "metadata.name")}), "second\n");
  }
  process.stop();
}

}  // namespace
}  // namespace muster::testing
