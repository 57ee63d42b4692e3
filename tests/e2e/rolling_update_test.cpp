// A rolling update stays within its bounds at every moment. The watch has every change of every task, so nothing is
// missed between two looks.
#include <algorithm>

#include "api/schema/json.h"
#include "tests/e2e/engine_test.h"
#include "tests/support/http_call.h"

namespace muster::testing {
namespace {

class RollingUpdate : public EngineTest {};

constexpr const char* tasks_path = "/apis/muster.dev/v1beta1/namespaces/default/tasks";

struct Counts {
  std::ptrdiff_t serving = 0;  // RUNNING, and nobody has told it to stop
  std::ptrdiff_t alive = 0;    // not STOPPED
};

Counts count(const std::map<std::string, Node>& tasks) {
  Counts counts;
  for (const auto& [name, task] : tasks) {
    const std::string last = text_at(task, "status.lastStatus");
    const bool stop = text_at(task, "spec.desiredStatus") == "STOPPED";
    if (last == "RUNNING" && !stop) ++counts.serving;
    if (last != "STOPPED") ++counts.alive;
  }
  return counts;
}

TEST_F(RollingUpdate, NeverLeavesItsBounds) {
  process_.start_dev(options());
  const std::string bounds = "  deploymentConfiguration: {minimumHealthyPercent: 75, maximumPercent: 125}\n";
  process_.apply(definition("web", serve) + service("web", 4, bounds));
  ASSERT_TRUE(process_.becomes("service", "web", "status.runningCount", "4"));
  auto before = parse_json(http_call(process_.url(), "GET", tasks_path).body);
  ASSERT_TRUE(before.ok());
  std::map<std::string, Node> tasks;
  for (const Node& task : before->find("items")->items) tasks[text_at(task, "metadata.name")] = task;
  ASSERT_EQ(count(tasks).serving, 4);

  process_.apply(definition("web", std::string(serve) + "; true"));
  const std::string said = process_.must({"rollout", "status", "service/web"});
  EXPECT_NE(said.find("web:2"), std::string::npos) << said;
  ASSERT_TRUE(process_.becomes("service", "web", "status.deployments.0.rolloutState", "COMPLETED"));

  const HttpAnswer watch = http_call(process_.url(), "GET",
                                     std::string(tasks_path) + "?watch=true&timeoutSeconds=1&resourceVersion=" +
                                         text_at(*before, "metadata.resourceVersion"));
  EXPECT_GE(lines_of(watch.body).size(), 8U) << "four tasks began and four ended";
  Counts least{4, 4};
  Counts most{4, 4};
  for (const std::string& line : lines_of(watch.body)) {
    const auto event = parse_json(line);
    ASSERT_TRUE(event.ok()) << line;
    if (text_at(*event, "type") == "BOOKMARK") continue;
    const std::string name = text_at(*event, "object.metadata.name");
    if (text_at(*event, "type") == "DELETED") {
      tasks.erase(name);
    } else {
      tasks[name] = *event->find("object");
    }
    const Counts now = count(tasks);
    least.serving = std::min(least.serving, now.serving);
    most.alive = std::max(most.alive, now.alive);
  }
  EXPECT_GE(least.serving, 3) << "75 % of 4";
  EXPECT_LE(most.alive, 5) << "125 % of 4";
  EXPECT_EQ(count(tasks).serving, 4);
  for (const auto& [name, task] : tasks) {
    if (text_at(task, "status.lastStatus") != "STOPPED") {
      EXPECT_EQ(text_at(task, "spec.taskDefinition"), "web:2") << name;
    }
  }
  EXPECT_TRUE(eventually([] { return containers().size() == 4; }));
  process_.stop();
}

}  // namespace
}  // namespace muster::testing
