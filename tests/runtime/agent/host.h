// One host with a simulated engine and an agent that can crash and start again, on a virtual clock.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controllers/task/container_config.h"
#include "runtime/agent/agent.h"
#include "runtime/drivers/simulated/simulated.h"
#include "tests/runtime/agent/fake_server.h"
#include "tests/runtime/agent/slow_driver.h"
#include "tests/support/manual_loop.h"

namespace muster::agent::testing {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

inline ContainerDefinition container(const std::string& name, std::vector<KeyValuePair> script = {}) {
  ContainerDefinition definition;
  definition.name = name;
  definition.image = "busybox";
  definition.environment = std::move(script);
  return definition;
}

class AgentTest : public ::testing::Test {
 protected:
  AgentTest() {
    simulated.create_latency = milliseconds(2);
    simulated.start_latency = milliseconds(3);
    simulated.stop_latency = milliseconds(10);
    options.name = "host-1";
    options.address = "192.0.2.1";
    options.version = "0.1.0";
    options.parallel_starts = 2;
  }
  ~AgentTest() override {
    agent.reset();
    EXPECT_EQ(server.backward, 0) << "a status went back";
  }

  void boot() {
    if (engine == nullptr) engine = std::make_shared<drivers::SimulatedEngine>(loop, simulated);
    std::unique_ptr<drivers::Driver> driver = std::make_unique<drivers::SimulatedDriver>(engine);
    if (answer_delay > Duration::zero()) {
      auto slow = std::make_unique<SlowDriver>(loop, random.next(), answer_delay, std::move(driver));
      slow->on_create = [this](const drivers::ContainerConfig& config) { created[config.name] = config; };
      slow->on_pull = [this](const std::string& image, const drivers::RegistryAuth& auth) {
        pulls.emplace_back(image, auth.username + ":" + auth.password);
      };
      driver = std::move(slow);
    }
    agent = std::make_unique<Agent>(AgentParts{loop, random, std::move(driver), server.link(), nullptr}, options);
    const Status started = agent->start();
    ASSERT_TRUE(started.ok()) << started.error().text();
  }
  void crash() { agent.reset(); }
  void settle() { loop.advance(milliseconds(200)); }

  std::string host_name(const std::string& uid, const std::string& name) const {
    for (const drivers::ContainerState& state : engine->containers()) {
      if (state.labels.at("muster.dev/task-uid") == uid && state.labels.at("muster.dev/container") == name) {
        return state.name;
      }
    }
    return {};
  }

  muster::testing::ManualLoop loop;
  SeededRandom random{7};
  FakeServer server{loop};
  drivers::SimulatedOptions simulated;
  Duration answer_delay{};                                  // of the driver, at most
  std::map<std::string, drivers::ContainerConfig> created;  // by name; only with a delay
  std::vector<std::pair<std::string, std::string>> pulls;   // images, and who pulled them; the same
  std::shared_ptr<drivers::SimulatedEngine> engine;
  AgentOptions options;
  std::unique_ptr<Agent> agent;
};

}  // namespace muster::agent::testing
