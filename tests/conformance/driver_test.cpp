// The contract of runtime/drivers/base/driver.h, for every driver. The docker driver runs against a private engine, and
// against a private Podman.
#include <gtest/gtest.h>

#include <cstdio>
#include <thread>

#include "api/base/text.h"
#include "runtime/drivers/all/all.h"
#include "tests/support/docker_engine.h"
#include "tests/support/driver_calls.h"
#include "tests/support/podman_engine.h"
#include "tests/support/temporary_directory.h"

namespace muster::drivers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// One engine for all tests of the program; null where no dockerd is installed.
testing::DockerEngine* docker_engine() {
  static const std::unique_ptr<testing::DockerEngine> engine =
      testing::DockerEngine::installed() ? std::make_unique<testing::DockerEngine>() : nullptr;
  return engine.get();
}

// The same for Podman, to which the docker driver speaks.
testing::PodmanEngine* podman_engine() {
  static const std::unique_ptr<testing::PodmanEngine> engine =
      testing::PodmanEngine::installed() ? std::make_unique<testing::PodmanEngine>() : nullptr;
  return engine.get();
}

std::vector<std::string> all_drivers() {
  std::vector<std::string> out = driver_names();
  out.emplace_back("podman");
  return out;
}

class DriverTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "docker") {
      testing::DockerEngine* engine = docker_engine();
      if (engine == nullptr) {
        std::puts("NOT TESTED: the docker driver, because no dockerd is installed here");
        GTEST_SKIP() << "no dockerd";
      }
      ASSERT_FALSE(engine->host().empty()) << "dockerd is installed but did not start";
      options_.docker.host = engine->host();
    }
    if (GetParam() == "podman") {
      testing::PodmanEngine* engine = podman_engine();
      if (engine == nullptr) {
        std::puts("NOT TESTED: the docker driver on Podman, because no podman is installed here, or this is not root");
        GTEST_SKIP() << "no podman";
      }
      ASSERT_FALSE(engine->host().empty()) << "podman is installed but did not start";
      options_.docker.host = engine->host();
    }
    options_.process.directory = directory_ / "process";
    options_.simulated.stop_latency = milliseconds(5);
    thread_ = std::thread([this] { loop_.run(); });
    connect();
    ASSERT_NE(calls, nullptr);
  }

  void TearDown() override {
    if (!thread_.joinable()) return;
    if (calls == nullptr) connect();
    const auto left = calls->list({{"muster.dev/test", test_name()}});
    EXPECT_TRUE(left.ok());
    if (left.ok()) {
      for (const ContainerState& container : *left) EXPECT_TRUE(calls->remove(container.name).ok());
    }
    calls.reset();
    testing::on_loop(loop_, [this] { simulated_.reset(); });
    loop_.stop();
    thread_.join();
  }

  // Also after an agent's end: the containers are still there.
  void connect() {
    calls.reset();
    testing::on_loop(loop_, [this] {
      if (GetParam() == "simulated") {
        if (simulated_ == nullptr) simulated_ = std::make_shared<SimulatedEngine>(loop_, options_.simulated);
        calls = std::make_unique<testing::DriverCalls>(loop_, std::make_unique<SimulatedDriver>(simulated_));
        return;
      }
      Result<std::unique_ptr<Driver>> driver =
          make_driver(GetParam() == "podman" ? "docker" : GetParam(), loop_, options_);
      ASSERT_TRUE(driver.ok()) << driver.error().message;
      calls = std::make_unique<testing::DriverCalls>(loop_, std::move(*driver));
    });
  }

  static std::string test_name() { return ::testing::UnitTest::GetInstance()->current_test_info()->name(); }
  static std::string named(const std::string& suffix) {
    std::string name = "t-" + test_name() + "-" + suffix;
    std::replace(name.begin(), name.end(), '/', '-');
    return name;
  }

  // A container that runs until it is stopped, and then ends politely.
  static ContainerConfig forever(const std::string& suffix) {
    return container(suffix, "trap 'exit 143' TERM; echo started; while :; do sleep 0.05; done");
  }
  // One that ends by itself. The script is for those that run one, the environment for those that simulate.
  static ContainerConfig ending(const std::string& suffix, int exit_code) {
    ContainerConfig out = container(suffix, str("echo started; exit ", exit_code));
    out.environment.emplace_back("MUSTER_SIM_RUN_FOR", "10ms");
    out.environment.emplace_back("MUSTER_SIM_EXIT_CODE", std::to_string(exit_code));
    return out;
  }
  static ContainerConfig container(const std::string& suffix, const std::string& script) {
    ContainerConfig out;
    out.name = named(suffix);
    out.image = testing::DockerEngine::image;
    out.command = std::vector<std::string>{"/bin/sh", "-c", script};
    out.network_mode = "host";
    out.labels = {{"muster.dev/test", test_name()}, {"muster.dev/name", suffix}};
    out.environment = {{"MUSTER_SIM_LOG", "started"}};
    return out;
  }
  void run(const ContainerConfig& config) {
    const Status created = calls->create(config);
    ASSERT_TRUE(created.ok()) << created.error().message;
    const Status started = calls->start(config.name);
    ASSERT_TRUE(started.ok()) << started.error().message;
  }
  // Until the first line has been printed: the trap is set then.
  void wait_ready(const std::string& name) {
    const auto printed = calls->inspect_until(name, [&](const ContainerState&) {
      const auto log = calls->logs(name, {});
      return log.ok() && !log->all.empty();
    });
    ASSERT_TRUE(printed.ok()) << printed.error().message;
  }

  std::unique_ptr<testing::DriverCalls> calls;

 private:
  testing::TemporaryDirectory directory_;
  Options options_;
  http::IoLoop loop_;
  std::thread thread_;
  std::shared_ptr<SimulatedEngine> simulated_;
};

TEST_P(DriverTest, InfoTellsWhatTheHostHas) {
  const Result<Info> info = calls->info();
  ASSERT_TRUE(info.ok()) << info.error().message;
  EXPECT_EQ(info->engine.rfind(GetParam(), 0), 0U) << info->engine;
  EXPECT_GE(info->cpus, 1);
  EXPECT_GE(info->memory_bytes, 64 << 20);
}

TEST_P(DriverTest, LifeOfAContainer) {
  const ContainerConfig config = forever("a");
  ASSERT_TRUE(calls->create(config).ok());
  const Result<ContainerState> created = calls->inspect(config.name);
  ASSERT_TRUE(created.ok()) << created.error().message;
  EXPECT_EQ(created->phase, ContainerPhase::created);
  EXPECT_EQ(created->name, config.name);
  EXPECT_EQ(created->labels, config.labels);
  EXPECT_FALSE(created->id.empty());
  EXPECT_FALSE(created->exit_code.has_value());
  EXPECT_FALSE(is_set(created->started_at));

  ASSERT_TRUE(calls->start(config.name).ok());
  const Result<ContainerState> running = calls->inspect(config.name);
  ASSERT_TRUE(running.ok());
  EXPECT_EQ(running->phase, ContainerPhase::running);
  EXPECT_EQ(running->id, created->id);
  EXPECT_TRUE(is_set(running->started_at));
  EXPECT_FALSE(running->exit_code.has_value());
  wait_ready(config.name);

  ASSERT_TRUE(calls->stop(config.name, seconds(60)).ok());
  const Result<ContainerState> exited = calls->inspect(config.name);
  ASSERT_TRUE(exited.ok());
  EXPECT_EQ(exited->phase, ContainerPhase::exited) << "stop answers when the container has exited";
  EXPECT_EQ(exited->exit_code, 143);
  EXPECT_GE(exited->finished_at, exited->started_at);
  EXPECT_FALSE(exited->out_of_memory);

  ASSERT_TRUE(calls->remove(config.name).ok());
  EXPECT_EQ(calls->inspect(config.name).error().code, Code::not_found);
}

TEST_P(DriverTest, UsageIsMeasuredWhileItRuns) {
  const ContainerConfig config = forever("a");
  EXPECT_EQ(calls->usage(config.name).error().code, Code::not_found);
  ASSERT_TRUE(calls->create(config).ok());
  EXPECT_EQ(calls->usage(config.name).error().code, Code::not_found);
  ASSERT_TRUE(calls->start(config.name).ok());
  wait_ready(config.name);
  const Result<Usage> first = calls->usage(config.name);
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_GT(first->memory_bytes, 0);
  EXPECT_GE(first->cpu, Duration::zero());
  const Result<Usage> second = calls->usage(config.name);
  ASSERT_TRUE(second.ok()) << second.error().message;
  EXPECT_GE(second->cpu, first->cpu) << "it counts up";
  ASSERT_TRUE(calls->stop(config.name, seconds(60)).ok());
  EXPECT_EQ(calls->usage(config.name).error().code, Code::not_found);
}

TEST_P(DriverTest, OperationsAreIdempotent) {
  const ContainerConfig config = forever("a");
  EXPECT_TRUE(calls->stop(config.name, seconds(1)).ok()) << "already gone";
  EXPECT_TRUE(calls->remove(config.name).ok()) << "already gone";
  ASSERT_TRUE(calls->create(config).ok());
  EXPECT_TRUE(calls->create(config).ok()) << "already there";
  EXPECT_TRUE(calls->stop(config.name, seconds(1)).ok()) << "does not run";
  ASSERT_TRUE(calls->start(config.name).ok());
  const std::string id = calls->inspect(config.name)->id;
  EXPECT_TRUE(calls->start(config.name).ok()) << "runs already";
  EXPECT_TRUE(calls->create(config).ok()) << "already there";
  EXPECT_EQ(calls->inspect(config.name)->id, id);
  wait_ready(config.name);
  ASSERT_TRUE(calls->stop(config.name, seconds(60)).ok());
  EXPECT_TRUE(calls->stop(config.name, seconds(60)).ok()) << "stopped already";
  ASSERT_TRUE(calls->remove(config.name).ok());
  EXPECT_TRUE(calls->remove(config.name).ok());
}

TEST_P(DriverTest, NameOfAnotherContainerIsRefused) {
  ContainerConfig config = forever("a");
  ASSERT_TRUE(calls->create(config).ok());
  config.labels["muster.dev/name"] = "another";
  const Status refused = calls->create(config);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::already_exists);
  EXPECT_EQ(refused.error().message.rfind("CannotCreateContainerError: ", 0), 0U) << refused.error().message;
}

TEST_P(DriverTest, WhatDoesNotExistIsNotFound) {
  const std::string name = named("nothing");
  EXPECT_EQ(calls->inspect(name).error().code, Code::not_found);
  const Status started = calls->start(name);
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, Code::not_found);
  EXPECT_EQ(started.error().message.rfind("CannotStartContainerError: ", 0), 0U) << started.error().message;
  const auto log = calls->logs(name, {});
  ASSERT_FALSE(log.ok());
  EXPECT_EQ(log.error().code, Code::not_found);
}

TEST_P(DriverTest, ExitCodeIsKept) {
  const ContainerConfig config = ending("a", 3);
  run(config);
  const Result<ContainerState> state = calls->inspect_until_exited(config.name);
  ASSERT_TRUE(state.ok()) << state.error().message;
  EXPECT_EQ(state->exit_code, 3);
  EXPECT_TRUE(is_set(state->started_at));
  EXPECT_GE(state->finished_at, state->started_at);
}

TEST_P(DriverTest, ExitedContainerStartsAgain) {
  const ContainerConfig config = ending("a", 4);
  run(config);
  const Result<ContainerState> first = calls->inspect_until_exited(config.name);
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(calls->start(config.name).ok());
  const Result<ContainerState> second = calls->inspect_until(config.name, [&](const ContainerState& state) {
    return state.phase == ContainerPhase::exited && state.started_at > first->started_at;
  });
  ASSERT_TRUE(second.ok()) << second.error().message;
  EXPECT_EQ(second->id, first->id);
  EXPECT_EQ(second->exit_code, 4);
}

TEST_P(DriverTest, GraceEndsWithAKill) {
  ContainerConfig config = container("a", "trap '' TERM; echo started; while :; do sleep 0.05; done");
  config.environment.emplace_back("MUSTER_SIM_IGNORE_SIGTERM", "true");
  run(config);
  wait_ready(config.name);
  ASSERT_TRUE(calls->stop(config.name, seconds(1)).ok());
  const Result<ContainerState> state = calls->inspect(config.name);
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(state->phase, ContainerPhase::exited);
  EXPECT_EQ(state->exit_code, 137);
}

TEST_P(DriverTest, RemoveEndsWhatRuns) {
  const ContainerConfig config = forever("a");
  run(config);
  ASSERT_TRUE(calls->remove(config.name).ok());
  EXPECT_EQ(calls->inspect(config.name).error().code, Code::not_found);
}

TEST_P(DriverTest, ListSelectsByEveryLabel) {
  run(forever("a"));
  ASSERT_TRUE(calls->create(forever("b")).ok());
  run(ending("c", 0));
  const Result<ContainerState> ended = calls->inspect_until_exited(named("c"));
  ASSERT_TRUE(ended.ok()) << ended.error().message;
  const auto all = calls->list({{"muster.dev/test", test_name()}});
  ASSERT_TRUE(all.ok()) << all.error().message;
  ASSERT_EQ(all->size(), 3U) << "dead and not yet started ones included";
  EXPECT_EQ((*all)[0].phase, ContainerPhase::running);
  EXPECT_EQ((*all)[1].phase, ContainerPhase::created);
  EXPECT_EQ((*all)[2].phase, ContainerPhase::exited);
  EXPECT_EQ((*all)[2].exit_code, 0);
  const auto one = calls->list({{"muster.dev/test", test_name()}, {"muster.dev/name", "b"}});
  ASSERT_TRUE(one.ok());
  ASSERT_EQ(one->size(), 1U);
  EXPECT_EQ((*one)[0].name, named("b"));
  EXPECT_TRUE(calls->list({{"muster.dev/test", test_name()}, {"muster.dev/name", "zzz"}})->empty());
}

TEST_P(DriverTest, ANewConnectionFindsWhatRuns) {
  const ContainerConfig config = forever("a");
  run(config);
  wait_ready(config.name);
  const ContainerState before = *calls->inspect(config.name);
  connect();
  const auto found = calls->list({{"muster.dev/test", test_name()}});
  ASSERT_TRUE(found.ok()) << found.error().message;
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ((*found)[0].id, before.id);
  EXPECT_EQ((*found)[0].started_at, before.started_at);
  EXPECT_EQ((*found)[0].phase, ContainerPhase::running);
  EXPECT_EQ((*found)[0].labels, config.labels);
  ASSERT_TRUE(calls->stop(config.name, seconds(60)).ok());
  EXPECT_EQ(calls->inspect(config.name)->exit_code, 143);
}

TEST_P(DriverTest, EventsTellTheName) {
  const ContainerConfig mine = forever("a");
  testing::EventLog events(*calls, {{"muster.dev/test", test_name()}, {"muster.dev/name", "a"}});
  ASSERT_TRUE(calls->create(mine).ok());
  run(forever("b"));
  ASSERT_TRUE(calls->start(mine.name).ok());
  // The first connection of a stream may be told by an empty name instead of what was before.
  const auto told = [&] { return events.count(mine.name) + events.count(""); };
  const auto heard = calls->inspect_until(mine.name, [&](const ContainerState&) { return told() > 0; });
  ASSERT_TRUE(heard.ok()) << heard.error().message;
  wait_ready(mine.name);
  const std::size_t before = events.count(mine.name);
  ASSERT_TRUE(calls->stop(mine.name, seconds(60)).ok());
  EXPECT_TRUE(events.wait_for(mine.name, before)) << "its death";
  EXPECT_EQ(events.count(named("b")), 0U) << "another label";
}

TEST_P(DriverTest, LogComesBack) {
  ContainerConfig config = ending("a", 0);
  run(config);
  ASSERT_TRUE(calls->inspect_until_exited(config.name).ok());
  const auto log = calls->logs(config.name, {});
  ASSERT_TRUE(log.ok()) << log.error().message;
  EXPECT_EQ(log->out, "started\n");
  EXPECT_EQ(log->err, "");
  LogOptions options;
  options.timestamps = true;
  const auto stamped = calls->logs(config.name, options);
  ASSERT_TRUE(stamped.ok());
  const std::size_t space = stamped->out.find(' ');
  ASSERT_NE(space, std::string::npos) << stamped->out;
  EXPECT_TRUE(parse_time(stamped->out.substr(0, space)).ok()) << stamped->out;
  options.timestamps = false;
  options.tail = 0;
  EXPECT_EQ(calls->logs(config.name, options)->all, "");
  options.tail.reset();
  options.since = calls->inspect(config.name)->finished_at + seconds(10);
  EXPECT_EQ(calls->logs(config.name, options)->all, "");
}

TEST_P(DriverTest, FollowedLogEndsWithTheContainer) {
  ContainerConfig config = container("a", "echo started; sleep 0.2; echo end");
  config.environment.emplace_back("MUSTER_SIM_RUN_FOR", "100ms");
  run(config);
  LogOptions options;
  options.follow = true;
  const auto log = calls->logs(config.name, options);
  ASSERT_TRUE(log.ok()) << log.error().message;
  EXPECT_EQ(log->out, GetParam() == "simulated" ? "started\n" : "started\nend\n");
}

TEST_P(DriverTest, StreamsOfTheLogAreTold) {
  if (GetParam() == "simulated") GTEST_SKIP() << "has one line on one stream";
  const ContainerConfig config = container("a", "echo out; echo err >&2; echo -n more");
  const ContainerConfig one = container("b", "echo out; echo -n more");  // streams have no order between them
  run(config);
  run(one);
  ASSERT_TRUE(calls->inspect_until_exited(config.name).ok());
  const auto log = calls->logs(config.name, {});
  ASSERT_TRUE(log.ok());
  EXPECT_EQ(log->out, "out\nmore");
  EXPECT_EQ(log->err, "err\n");
  LogOptions options;
  options.tail = 1;
  ASSERT_TRUE(calls->inspect_until_exited(one.name).ok());
  EXPECT_EQ(calls->logs(one.name, options)->all, "more");
  options.tail = 2;
  EXPECT_EQ(calls->logs(one.name, options)->all, "out\nmore");
}

TEST_P(DriverTest, WhatCannotStartSaysWhy) {
  ContainerConfig config = container("a", "");
  config.command = std::vector<std::string>{"/no/such/program"};
  config.environment.emplace_back("MUSTER_SIM_START_ERROR", "no /no/such/program");
  ASSERT_TRUE(calls->create(config).ok());
  const Status started = calls->start(config.name);
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().code, Code::unavailable) << "the engine did answer";
  EXPECT_EQ(started.error().message.rfind("CannotStartContainerError: ", 0), 0U) << started.error().message;
  EXPECT_NE(started.error().message.find("/no/such/program"), std::string::npos) << started.error().message;
  const Result<ContainerState> state = calls->inspect(config.name);
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(state->phase, ContainerPhase::created);
  EXPECT_NE(state->error, "");
  EXPECT_FALSE(is_set(state->started_at));
}

TEST_P(DriverTest, EnvironmentAndDirectoryReachTheContainer) {
  if (GetParam() == "simulated") GTEST_SKIP() << "runs nothing";
  ContainerConfig config = container("a", "echo \"$GREETING|$PWD|$0\"");
  config.entry_point = config.command;
  config.command = std::vector<std::string>{"zero"};
  config.environment = {{"GREETING", "a b=c 'd'"}};
  config.working_directory = "/tmp";
  run(config);
  ASSERT_TRUE(calls->inspect_until_exited(config.name).ok());
  EXPECT_EQ(calls->logs(config.name, {})->out, "a b=c 'd'|/tmp|zero\n");
}

TEST_P(DriverTest, HealthIsFollowed) {
  ContainerConfig config = forever("a");
  config.health_check = HealthCheck{{"CMD-SHELL", "true"}, milliseconds(100), seconds(30), {}, 1};
  run(config);
  const Result<ContainerState> state =
      calls->inspect_until(config.name, [](const ContainerState& s) { return s.health == Health::healthy; });
  ASSERT_TRUE(state.ok()) << state.error().message;
  const ContainerConfig without = forever("b");
  run(without);
  EXPECT_EQ(calls->inspect(without.name)->health, Health::none);
}

TEST_P(DriverTest, PresentImageNeedsNoPull) {
  const Result<Image> present = calls->image(testing::DockerEngine::image);
  ASSERT_TRUE(present.ok()) << present.error().message;
}

TEST_P(DriverTest, ManyAtOnce) {
  constexpr int count = 6;
  for (int i = 0; i < count; ++i) {
    calls->loop().post([this, config = forever(std::to_string(i))] {
      calls->driver().create(config, [this, name = config.name](const Status& created) {
        EXPECT_TRUE(created.ok());
        calls->driver().start(name, [](const Status& started) { EXPECT_TRUE(started.ok()); });
      });
    });
  }
  const Duration end = system_monotonic() + testing::patience;
  std::size_t running = 0;
  while (running < count && system_monotonic() < end) {
    const auto all = calls->list({{"muster.dev/test", test_name()}});
    ASSERT_TRUE(all.ok()) << all.error().message;
    running = static_cast<std::size_t>(std::count_if(
        all->begin(), all->end(), [](const ContainerState& state) { return state.phase == ContainerPhase::running; }));
  }
  EXPECT_EQ(running, static_cast<std::size_t>(count));
}

INSTANTIATE_TEST_SUITE_P(All, DriverTest, ::testing::ValuesIn(all_drivers()),
                         [](const auto& driver) { return driver.param; });

TEST(MakeDriver, UnknownNameListsTheDrivers) {
  http::IoLoop loop;
  const auto driver = make_driver("dokcer", loop, {});
  ASSERT_FALSE(driver.ok());
  EXPECT_NE(driver.error().message.find("docker, process, simulated"), std::string::npos) << driver.error().message;
}

}  // namespace
}  // namespace muster::drivers
