// The docker driver against a real, private engine: what only a real one does. (The contract: tests/conformance.)
#include <gtest/gtest.h>

#include <cstdio>
#include <thread>

#include "api/base/text.h"
#include "runtime/drivers/docker/docker.h"
#include "tests/support/docker_engine.h"
#include "tests/support/driver_calls.h"

namespace muster::drivers {
namespace {

using std::chrono::seconds;

class EngineTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (testing::DockerEngine::installed()) engine = std::make_unique<testing::DockerEngine>();
  }
  static void TearDownTestSuite() { engine.reset(); }

  void SetUp() override {
    if (engine == nullptr) {
      std::puts("NOT TESTED: the docker driver, because no dockerd is installed here");
      GTEST_SKIP() << "no dockerd";
    }
    ASSERT_FALSE(engine->host().empty()) << "dockerd is installed but did not start";
    thread = std::thread([this] { loop.run(); });
    DockerOptions options;
    options.host = engine->host();
    testing::on_loop(loop,
                     [&] { calls = std::make_unique<testing::DriverCalls>(loop, make_docker_driver(loop, options)); });
  }
  void TearDown() override {
    if (!thread.joinable()) return;
    const auto left = calls->list({{"muster.dev/test", "engine"}});
    EXPECT_TRUE(left.ok());
    if (left.ok()) {
      for (const ContainerState& container : *left) EXPECT_TRUE(calls->remove(container.name).ok());
    }
    calls.reset();
    loop.stop();
    thread.join();
  }
  static ContainerConfig config(const std::string& name, const std::string& script) {
    ContainerConfig out;
    out.name = name;
    out.image = testing::DockerEngine::image;
    out.command = std::vector<std::string>{"sh", "-c", script};
    out.network_mode = "host";
    out.labels = {{"muster.dev/test", "engine"}};
    return out;
  }
  void run(const ContainerConfig& container) {
    const Status created = calls->create(container);
    ASSERT_TRUE(created.ok()) << created.error().message;
    const Status started = calls->start(container.name);
    ASSERT_TRUE(started.ok()) << started.error().message;
  }

  static std::unique_ptr<testing::DockerEngine> engine;
  http::IoLoop loop;
  std::thread thread;
  std::unique_ptr<testing::DriverCalls> calls;
};

std::unique_ptr<testing::DockerEngine> EngineTest::engine;

TEST_F(EngineTest, InfoNamesTheEngine) {
  const auto info = calls->info();
  ASSERT_TRUE(info.ok()) << info.error().message;
  EXPECT_EQ(info->engine.rfind("docker ", 0), 0U) << info->engine;
  EXPECT_EQ(info->attributes.at("ecs.os-type"), "linux");
  EXPECT_EQ(info->attributes.count("com.amazonaws.ecs.capability.logging-driver.json-file"), 1U);
}

TEST_F(EngineTest, BridgePublishesPorts) {
  ContainerConfig container = config("web", "mkdir /srv; echo hello >/srv/index.html; exec httpd -f -p 80 -h /srv");
  container.network_mode = "bridge";
  container.ports = {PortMapping{80, 18080, "tcp", ""}, PortMapping{81, 0, "udp", ""}};
  run(container);
  const auto state = calls->inspect("web");
  ASSERT_TRUE(state.ok());
  ASSERT_EQ(state->ports.size(), 2U);
  EXPECT_EQ(state->ports[0], (PortMapping{80, 18080, "tcp", ""}));
  EXPECT_EQ(state->ports[1].container_port, 81);
  EXPECT_GT(state->ports[1].host_port, 0) << "the engine's choice is read back";
  EXPECT_FALSE(state->ip_address.empty());
  // Asked from inside the engine's network namespace.
  run(config("client", "until wget -q -O - http://127.0.0.1:18080/; do sleep 0.05; done"));
  ASSERT_TRUE(calls->inspect_until_exited("client").ok());
  EXPECT_EQ(calls->logs("client", {})->out, "hello\n");

  ContainerConfig second = config("second", "sleep 1000");
  second.network_mode = "bridge";
  second.ports = {PortMapping{80, 18080, "tcp", ""}};
  ASSERT_TRUE(calls->create(second).ok());
  const Status taken = calls->start("second");
  ASSERT_FALSE(taken.ok());
  EXPECT_NE(taken.error().message.find("port is already allocated"), std::string::npos) << taken.error().message;
}

TEST_F(EngineTest, LimitsReachTheKernel) {
  ContainerConfig container = config("limited",
                                     "cat /sys/fs/cgroup/memory/memory.limit_in_bytes "
                                     "/sys/fs/cgroup/cpu/cpu.shares /sys/fs/cgroup/memory.max 2>/dev/null");
  container.memory_bytes = 64 << 20;
  container.cpu_shares = 512;
  run(container);
  ASSERT_TRUE(calls->inspect_until_exited("limited").ok());
  const std::string out = calls->logs("limited", {})->out;
  EXPECT_NE(out.find("67108864\n"), std::string::npos) << out;
}

TEST_F(EngineTest, KernelOptionsHoldInTheContainer) {
  ContainerConfig container =
      config("options", "ulimit -n; ulimit -Hn; df -m /dev/shm | tail -1; df -m /scratch | tail -1; mount");
  container.shared_memory_bytes = 8 << 20;
  container.tmpfs = {{"/scratch", "noexec,size=4m"}};
  container.ulimits = {Ulimit{"nofile", 1000, 2000}};
  container.memory_bytes = 64 << 20;
  container.memory_and_swap_bytes = 64 << 20;
  run(container);
  ASSERT_TRUE(calls->inspect_until_exited("options").ok());
  const std::string out = calls->logs("options", {})->out;
  EXPECT_EQ(out.rfind("1000\n2000\nshm ", 0), 0U) << out;
  EXPECT_NE(out.find(" 8 "), std::string::npos) << out;
  EXPECT_NE(out.find(" 4 "), std::string::npos) << out;
  const std::size_t at = out.find("on /scratch type tmpfs (");
  ASSERT_NE(at, std::string::npos) << out;
  EXPECT_NE(out.substr(at, out.find('\n', at) - at).find("noexec"), std::string::npos) << out;
}

TEST_F(EngineTest, OutOfMemoryIsTold) {
  ContainerConfig container = config("hungry", "x=x; while :; do x=$x$x$x$x; done");
  container.memory_bytes = 16 << 20;
  run(container);
  const auto state = calls->inspect_until_exited("hungry");
  ASSERT_TRUE(state.ok()) << state.error().message;
  EXPECT_EQ(state->exit_code, 137);
  EXPECT_TRUE(state->out_of_memory);
}

TEST_F(EngineTest, TerminalUserAndReadOnlyRoot) {
  ContainerConfig container = config("terminal", "tty; id -u; touch /x || echo read-only");
  container.pseudo_terminal = true;
  container.user = "nobody";
  container.read_only_root = true;
  run(container);
  ASSERT_TRUE(calls->inspect_until_exited("terminal").ok());
  const std::string out = calls->logs("terminal", {})->out;
  EXPECT_EQ(out.rfind("/dev/pts/", 0), 0U) << out;
  EXPECT_NE(out.find("65534\r\n"), std::string::npos) << out;
  EXPECT_NE(out.find("read-only\r\n"), std::string::npos) << out;
}

TEST_F(EngineTest, ImageThatDoesNotExist) {
  const auto present = calls->image("muster-test:no-such-tag");
  ASSERT_FALSE(present.ok());
  EXPECT_EQ(present.error().code, Code::not_found);
  EXPECT_FALSE(calls->resolve("127.0.0.1:1/nothing:1").ok());
  ContainerConfig container = config("missing", "true");
  container.image = "muster-test:no-such-tag";
  const Status created = calls->create(container);
  ASSERT_FALSE(created.ok());
  EXPECT_EQ(created.error().code, Code::not_found);
  const Status pulled = calls->pull("127.0.0.1:1/nothing:1");
  ASSERT_FALSE(pulled.ok());
  EXPECT_EQ(pulled.error().message.rfind("CannotPullContainerError: ", 0), 0U) << pulled.error().message;
  EXPECT_NE(pulled.error().code, Code::unavailable);
}

TEST_F(EngineTest, DeathOfAContainerIsHeard) {
  testing::EventLog events(*calls, {{"muster.dev/test", "engine"}});
  ASSERT_TRUE(events.wait_for(""));
  run(config("victim", "sleep 1000"));
  ASSERT_TRUE(events.wait_for("victim", 1)) << "create and start";
  const std::size_t before = events.count("victim");
  ASSERT_TRUE(calls->stop("victim", seconds(0)).ok());
  EXPECT_TRUE(events.wait_for("victim", before));
}

TEST_F(EngineTest, KilledAndRestartedDaemonIsFoundAgain) {
  run(config("survivor", "sleep 1000"));
  testing::EventLog events(*calls, {{"muster.dev/test", "engine"}});
  ASSERT_TRUE(events.wait_for(""));
  ::kill(engine->pid(), SIGKILL);
  const auto gone = calls->inspect("survivor");
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().code, Code::unavailable) << gone.error().message;
  engine->start();
  ASSERT_FALSE(engine->host().empty());
  EXPECT_TRUE(events.wait_for("", 1)) << "the reconnect is announced";
  const auto back = calls->inspect("survivor");
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->name, "survivor");
}

}  // namespace
}  // namespace muster::drivers
