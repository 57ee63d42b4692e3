// A service "web" of one container that answers on port 8080 and to each line of its input.
#pragma once

#include <string>

#include "api/base/text.h"
#include "tests/e2e/engine_test.h"
#include "tests/support/temporary_directory.h"

namespace muster::testing {

class TalkingService : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    process_.start_dev(options());
    process_.apply(str(R"(apiVersion: muster.dev/v1beta1
kind: TaskDefinition
metadata: {name: web}
spec:
  containerDefinitions:
  - name: app
    image: )",
                       DockerEngine::image, R"(
    command: ["sh", "-c", "mkdir -p /www; echo it works > /www/index.html; httpd -p 8080 -h /www; trap 'exit 0' TERM; while read line; do echo got $line; done; sleep 1000 & wait"]
    memory: 64
    interactive: true
    portMappings: [{containerPort: 8080}]
---
apiVersion: muster.dev/v1beta1
kind: Service
metadata: {name: web}
spec: {taskDefinition: web, desiredCount: 1}
)"));
    ASSERT_TRUE(process_.becomes("service", "web", "status.runningCount", "1"));
    task_ = text_at(process_.list("tasks").front(), "metadata.name");
  }
  void TearDown() override {
    process_.stop();
    EngineTest::TearDown();
  }

  TemporaryDirectory home_;
  std::string task_;
};

// The port that a port-forward says it listens on; empty as long as it has not.
inline std::string forwarded_port(const std::string& said) {
  const std::size_t at = said.find("127.0.0.1:");
  const std::size_t end = said.find(" ->");
  return at == std::string::npos || end == std::string::npos ? "" : said.substr(at + 10, end - at - 10);
}

}  // namespace muster::testing
