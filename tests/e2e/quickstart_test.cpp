// The manifest of the quickstart runs, and a task's URL answers.
#include "tests/e2e/engine_test.h"
#include "tests/support/http_call.h"

namespace muster::testing {
namespace {

class Quickstart : public EngineTest {};

TEST_F(Quickstart, ThreeTasksAnswer) {
  process_.start_dev(options());
  std::string manifest = read_text(std::string(std::getenv("MUSTER_SOURCES")) + "/manifests/quickstart/web.yaml");
  const std::string image = "muster-quickstart:1";
  ASSERT_NE(manifest.find(image), std::string::npos);
  manifest.replace(manifest.find(image), image.size(), DockerEngine::image);
  process_.apply(manifest);
  process_.must({"rollout", "status", "service/web"});
  ASSERT_TRUE(process_.becomes("service", "web", "status.runningCount", "3"));
  EXPECT_EQ(containers().size(), 3U);
  for (const Node& task : process_.list("tasks")) {
    const std::string port = text_at(task, "status.containers.0.networkBindings.0.hostPort");
    HttpAnswer answer;
    EXPECT_TRUE(eventually([&] {
      answer = http_call("http://127.0.0.1:" + port, "GET", "/");
      return answer.status == 200;
    })) << port;
    EXPECT_EQ(answer.body.rfind("hello from ", 0), 0U) << answer.body;
    const std::string log = process_.must({"logs", text_at(task, "metadata.name")});
    EXPECT_NE(log.find("response:200"), std::string::npos) << log;
  }
  process_.must({"delete", "-f", "-"}, manifest);
  EXPECT_TRUE(eventually([] { return containers("-a").empty(); }));
  process_.stop();
}

}  // namespace
}  // namespace muster::testing
