// The classic example: web server, application and database in one task, linked, with health checks.
#include <cstdlib>

#include "api/base/text.h"
#include "tests/e2e/engine_test.h"
#include "tests/support/http_call.h"

namespace muster::testing {
namespace {

using ThreeTier = EngineTest;

TEST_F(ThreeTier, TheExampleRunsAsPrinted) {
  MusterProcess process;
  process.start_dev(options());
  // The image of the example under the name that this engine has it by.
  ASSERT_EQ(docker({"tag", DockerEngine::image, "muster-quickstart:1"}).code, 0);
  process.must({"apply", "-f", str(std::getenv("MUSTER_SOURCES"), "/manifests/examples/three-tier")});
  ASSERT_TRUE(process.becomes("service", "shop", "status.runningCount", "1"));
  const std::string task = text_at(process.list("tasks").front(), "metadata.name");
  ASSERT_TRUE(process.becomes("task", task, "status.healthStatus", "HEALTHY"));
  // Each began when the one behind it was healthy.
  const Node seen = process.get("task", task);
  std::map<std::string, std::string> started;
  std::string port;
  for (int i = 0; i < 3; ++i) {
    const std::string container = str("status.containers.", i, ".");
    const std::string name = text_at(seen, container + "name");
    started[name] = text_at(seen, container + "startedAt");
    EXPECT_EQ(text_at(seen, container + "healthStatus"), "HEALTHY") << name;
    if (name == "web") port = text_at(seen, container + "networkBindings.0.hostPort");
  }
  EXPECT_LT(started["database"], started["app"]);
  EXPECT_LT(started["app"], started["web"]);
  const std::string url = str("http://127.0.0.1:", port);
  EXPECT_EQ(http_call(url, "GET", "/cgi-bin/visits").body, "You are visitor number 1\n");
  EXPECT_EQ(http_call(url, "GET", "/cgi-bin/visits").body, "You are visitor number 2\n");
  process.must({"delete", "-f", str(std::getenv("MUSTER_SOURCES"), "/manifests/examples/three-tier")});
  EXPECT_TRUE(eventually([&] { return containers("-a").empty(); }));
  EXPECT_TRUE(eventually([] { return docker({"volume", "ls", "-q"}).out.empty(); })) << "its volume is left";
  process.stop();
}

}  // namespace
}  // namespace muster::testing
