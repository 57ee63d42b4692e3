// What every end-to-end test begins with: `muster dev` on the one Docker Engine that this program has started.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/docker_engine.h"
#include "tests/support/muster_process.h"

namespace muster::testing {

// Started by the first test that needs it, removed when the program ends.
inline DockerEngine& engine() {
  static DockerEngine engine(DockerEngine::Network::host);
  return engine;
}

// A docker command on that engine.
inline Ran docker(const Command& arguments) {
  Command command{"docker", "-H", engine().host()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(command);
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class EngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!DockerEngine::installed()) GTEST_SKIP() << "no Docker Engine is installed here";
    ASSERT_FALSE(engine().host().empty()) << "the Docker Engine does not start";
  }
  void TearDown() override {
    if (!DockerEngine::installed()) return;
    for (const std::string& id : containers("-a")) docker({"rm", "-f", id});
  }
  // The images are here, and no test asks a registry beyond this host.
  Command options() const {
    return {"--driver", "docker", "--docker-host", engine().host(), "--image-pull-behavior", "prefer-cached"};
  }
  // Full ids of the engine's running containers, or of all with "-a".
  static std::set<std::string> containers(const std::string& which = "-q") {
    const std::vector<std::string> lines = lines_of(docker({"ps", "-q", "--no-trunc", which}).out);
    return {lines.begin(), lines.end()};
  }
  // Each running container with the moment of its start.
  static std::map<std::string, std::string> starts() {
    std::map<std::string, std::string> all;
    for (const std::string& id : containers()) all[id] = docker({"inspect", "-f", "{{.State.StartedAt}}", id}).out;
    return all;
  }
  // A server that ends by itself when it is told to; nothing waits for a kill.
  static constexpr const char* serve = "trap 'exit 0' TERM; sleep 1000 & wait";

  MusterProcess process_;
};

}  // namespace muster::testing
