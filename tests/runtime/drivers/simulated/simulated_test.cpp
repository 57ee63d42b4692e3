// The simulated host on a virtual clock: scripts, the stop protocol, the control interface, a crash of the agent, an
// engine that is away, and that 50,000 containers stay cheap.
#include "runtime/drivers/simulated/simulated.h"

#include <gtest/gtest.h>

#include "api/base/text.h"
#include "tests/support/manual_loop.h"

namespace muster::drivers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SimulatedTest : public ::testing::Test {
 protected:
  void connect(SimulatedOptions options = {}) {
    engine = std::make_shared<SimulatedEngine>(loop, std::move(options));
    driver = std::make_unique<SimulatedDriver>(engine);
  }

  // Runs the call and answers its result; the clock jumps from timer to timer until there is one.
  template <class T, class F>
  Result<T> wait(F call) {
    std::optional<Result<T>> result;
    call([&result](Result<T> answer) { result.emplace(std::move(answer)); });
    EXPECT_FALSE(result.has_value()) << "answered before the call returned";
    loop.run_until([&result] { return result.has_value(); });
    if (!result) return Error{Code::internal, "never answered", {}};
    return std::move(*result);
  }
  Status create(ContainerConfig config) {
    return wait<void>([&](DoneVoid done) { driver->create(config, std::move(done)); });
  }
  Status start(const std::string& name) {
    return wait<void>([&](DoneVoid done) { driver->start(name, std::move(done)); });
  }
  Status stop(const std::string& name, Duration grace) {
    return wait<void>([&](DoneVoid done) { driver->stop(name, grace, std::move(done)); });
  }
  Result<ContainerState> inspect(const std::string& name) {
    return wait<ContainerState>([&](Done<ContainerState> done) { driver->inspect(name, std::move(done)); });
  }
  static ContainerConfig config(const std::string& name, std::vector<std::pair<std::string, std::string>> env = {}) {
    ContainerConfig out;
    out.name = name;
    out.image = "busybox";
    out.labels = {{"cluster", "c1"}, {"task", name}};
    out.environment = std::move(env);
    return out;
  }
  void run(const std::string& name, std::vector<std::pair<std::string, std::string>> env = {}) {
    ASSERT_TRUE(create(config(name, std::move(env))).ok());
    const Status started = start(name);
    ASSERT_TRUE(started.ok()) << started.error().message;
  }

  testing::ManualLoop loop;
  std::shared_ptr<SimulatedEngine> engine;
  std::unique_ptr<SimulatedDriver> driver;
};

TEST_F(SimulatedTest, LatenciesAreThoseOfTheOptions) {
  SimulatedOptions options;
  options.pull_latency = seconds(3);
  options.create_latency = milliseconds(10);
  options.start_latency = milliseconds(90);
  options.stop_latency = milliseconds(40);
  connect(options);
  EXPECT_FALSE(wait<Image>([&](Done<Image> done) { driver->image("busybox", std::move(done)); }).ok());
  EXPECT_TRUE(wait<void>([&](DoneVoid done) { driver->pull("busybox", {}, nullptr, std::move(done)); }).ok());
  EXPECT_EQ(loop.monotonic(), Duration(seconds(3)));
  EXPECT_TRUE(wait<Image>([&](Done<Image> done) { driver->image("busybox", std::move(done)); }).ok());
  ASSERT_TRUE(create(config("a")).ok());
  EXPECT_EQ(loop.monotonic(), Duration(milliseconds(3010)));
  ASSERT_TRUE(start("a").ok());
  EXPECT_EQ(loop.monotonic(), Duration(milliseconds(3100)));
  ASSERT_TRUE(stop("a", seconds(30)).ok());
  EXPECT_EQ(loop.monotonic(), Duration(milliseconds(3140)));
  EXPECT_EQ(inspect("a")->exit_code, 143);
}

TEST_F(SimulatedTest, RunsForItsTimeAndExitsWithItsCode) {
  connect();
  run("a", {{"MUSTER_SIM_RUN_FOR", "500ms"}, {"MUSTER_SIM_EXIT_CODE", "3"}});
  loop.advance(milliseconds(499));
  EXPECT_EQ(inspect("a")->phase, ContainerPhase::running);
  loop.advance(milliseconds(1));
  const Result<ContainerState> state = inspect("a");
  EXPECT_EQ(state->phase, ContainerPhase::exited);
  EXPECT_EQ(state->exit_code, 3);
  EXPECT_EQ(state->finished_at - state->started_at, Duration(milliseconds(500)));
  ASSERT_TRUE(start("a").ok());
  EXPECT_EQ(inspect("a")->phase, ContainerPhase::running);
  EXPECT_FALSE(inspect("a")->exit_code.has_value());
  EXPECT_EQ(engine->starts(), 2U);
}

TEST_F(SimulatedTest, IgnoringSigtermCostsTheGrace) {
  connect();
  run("a", {{"MUSTER_SIM_IGNORE_SIGTERM", "true"}});
  ASSERT_TRUE(stop("a", seconds(30)).ok());
  EXPECT_EQ(loop.monotonic(), Duration(seconds(30)));
  EXPECT_EQ(inspect("a")->exit_code, 137);
}

TEST_F(SimulatedTest, SecondStopWithLessGraceWins) {
  connect();
  run("a", {{"MUSTER_SIM_IGNORE_SIGTERM", "true"}});
  int answers = 0;
  driver->stop("a", seconds(30), [&](const Status& status) { answers += status.ok() ? 1 : 100; });
  loop.advance(seconds(1));
  driver->stop("a", seconds(2), [&](const Status& status) { answers += status.ok() ? 1 : 100; });
  loop.advance(seconds(2));
  EXPECT_EQ(answers, 2);
}

TEST_F(SimulatedTest, StopWhileStartingStopsAfterTheStart) {
  SimulatedOptions options;
  options.start_latency = milliseconds(100);
  connect(options);
  ASSERT_TRUE(create(config("a")).ok());
  bool started = false;
  driver->start("a", [&](const Status& status) { started = status.ok(); });
  loop.run_ready();
  ASSERT_TRUE(stop("a", seconds(10)).ok());
  EXPECT_TRUE(started);
  EXPECT_EQ(engine->running(), 0U);
  EXPECT_EQ(inspect("a")->phase, ContainerPhase::exited);
}

TEST_F(SimulatedTest, ErrorsOfTheScript) {
  connect();
  ASSERT_TRUE(create(config("a", {{"MUSTER_SIM_START_ERROR", "no such device"}})).ok());
  const Status started = start("a");
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().message, "CannotStartContainerError: no such device");
  EXPECT_EQ(inspect("a")->phase, ContainerPhase::created);
  EXPECT_EQ(inspect("a")->error, "no such device");
  const Status refused = create(config("b", {{"MUSTER_SIM_PULL_ERROR", "denied"}}));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "CannotPullContainerError: denied");
  EXPECT_FALSE(inspect("b").ok());
  const Status bad = create(config("c", {{"MUSTER_SIM_EXIT_CODE", "many"}}));
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().message.rfind("CannotCreateContainerError: ", 0), 0U) << bad.error().message;

  SimulatedScript missing;
  missing.pull_error = "manifest unknown";
  engine->set_image("busybox", missing);
  EXPECT_FALSE(wait<Image>([&](Done<Image> done) { driver->image("busybox", std::move(done)); }).ok());
  const Status pulled = wait<void>([&](DoneVoid done) { driver->pull("busybox", {}, nullptr, std::move(done)); });
  ASSERT_FALSE(pulled.ok());
  EXPECT_EQ(pulled.error().message, "CannotPullContainerError: manifest unknown");
}

TEST_F(SimulatedTest, HealthFollowsTheScript) {
  connect();
  ContainerConfig with_check = config("a", {{"MUSTER_SIM_HEALTHY_AFTER", "2s"}, {"MUSTER_SIM_UNHEALTHY_AFTER", "9s"}});
  with_check.health_check = HealthCheck{{"CMD", "true"}, seconds(1), seconds(1), {}, 3};
  ASSERT_TRUE(create(with_check).ok());
  ASSERT_TRUE(start("a").ok());
  EXPECT_EQ(inspect("a")->health, Health::starting);
  loop.advance(seconds(2));
  EXPECT_EQ(inspect("a")->health, Health::healthy);
  loop.advance(seconds(7));
  EXPECT_EQ(inspect("a")->health, Health::unhealthy);
  run("b");
  EXPECT_EQ(inspect("b")->health, Health::none);
}

TEST_F(SimulatedTest, ControlKillsAndMarksOutOfMemory) {
  connect();
  run("a");
  run("b");
  EXPECT_EQ(engine->running(), 2U);
  ASSERT_TRUE(engine->kill("a", 9).ok());
  EXPECT_EQ(inspect("a")->exit_code, 9);
  EXPECT_EQ(engine->kill("a", 9).error().code, Code::conflict);
  EXPECT_EQ(engine->kill("zzz", 9).error().code, Code::not_found);
  ASSERT_TRUE(engine->kill_out_of_memory("b").ok());
  EXPECT_TRUE(inspect("b")->out_of_memory);
  EXPECT_EQ(inspect("b")->exit_code, 137);
  run("c");
  run("d");
  engine->kill_all();
  EXPECT_EQ(engine->running(), 0U);
  EXPECT_EQ(engine->containers().size(), 4U);
}

TEST_F(SimulatedTest, ContainersOutliveTheDriver) {
  SimulatedOptions options;
  options.start_latency = milliseconds(100);
  connect(options);
  run("a");
  ASSERT_TRUE(create(config("b")).ok());
  driver->start("b", [](const Status&) { FAIL() << "a callback after the agent's crash"; });
  const auto events = driver->events({}, [](const std::string&) { FAIL() << "an event after the agent's crash"; });
  loop.run_ready();
  driver.reset();
  loop.advance(seconds(1));
  EXPECT_EQ(engine->running(), 2U);
  driver = std::make_unique<SimulatedDriver>(engine);
  const auto listed = wait<std::vector<ContainerState>>([&](Done<std::vector<ContainerState>> done) {
    driver->list({{"cluster", "c1"}}, std::move(done));
  });
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->size(), 2U);
  EXPECT_EQ((*listed)[1].name, "b");
  EXPECT_EQ((*listed)[1].phase, ContainerPhase::running);
}

TEST_F(SimulatedTest, AwayEngineFailsCallsAndAnnouncesItsReturn) {
  SimulatedOptions options;
  options.start_latency = milliseconds(100);
  connect(options);
  run("a", {{"MUSTER_SIM_RUN_FOR", "10s"}});
  ASSERT_TRUE(create(config("b")).ok());
  std::vector<std::string> events;
  const auto subscription = driver->events({}, [&](const std::string& name) { events.push_back(name); });
  std::optional<Code> in_flight;
  driver->start("b", [&](const Status& status) { in_flight = status.ok() ? Code::internal : status.error().code; });
  loop.run_ready();
  engine->make_unavailable_for(seconds(20));
  EXPECT_EQ(inspect("a").error().code, Code::unavailable);
  loop.advance(seconds(19));
  EXPECT_EQ(in_flight, Code::unavailable);
  EXPECT_TRUE(events.empty());
  EXPECT_EQ(engine->running(), 1U);
  loop.advance(seconds(2));
  EXPECT_EQ(events, std::vector<std::string>{""});
  EXPECT_EQ(inspect("a")->phase, ContainerPhase::exited);
  EXPECT_EQ(inspect("b")->phase, ContainerPhase::running);
}

TEST_F(SimulatedTest, PortsAreGivenOnceAndReturned) {
  SimulatedOptions options;
  options.first_dynamic_port = 40000;
  options.last_dynamic_port = 40001;
  connect(options);
  ContainerConfig wants = config("a");
  wants.ports = {PortMapping{80, 0, "tcp", ""}};
  ASSERT_TRUE(create(wants).ok());
  wants.name = "b";
  ASSERT_TRUE(create(wants).ok());
  wants.name = "c";
  ASSERT_TRUE(create(wants).ok());
  wants.name = "d";
  wants.ports = {PortMapping{80, 40000, "tcp", ""}};
  ASSERT_TRUE(create(wants).ok());
  ASSERT_TRUE(start("a").ok());
  ASSERT_TRUE(start("b").ok());
  EXPECT_EQ(inspect("a")->ports[0].host_port, 40000);
  EXPECT_EQ(inspect("b")->ports[0].host_port, 40001);
  EXPECT_FALSE(start("c").ok());
  EXPECT_NE(start("d").error().message.find("port 40000/tcp is already allocated"), std::string::npos);
  ASSERT_TRUE(engine->kill("a", 0).ok());
  EXPECT_TRUE(start("d").ok());
}

TEST_F(SimulatedTest, DropInsideACallbackIsTheLastOne) {
  connect();
  run("a", {{"MUSTER_SIM_LOG", "hello"}});
  std::unique_ptr<Subscription> subscription;
  int calls = 0;
  LogCallbacks callbacks;
  callbacks.on_bytes = [&](std::string_view bytes, bool is_stderr) {
    EXPECT_EQ(bytes, "hello\n");
    EXPECT_FALSE(is_stderr);
    ++calls;
    subscription.reset();
  };
  callbacks.on_end = [&](const Status&) { ++calls; };
  subscription = driver->logs("a", {}, callbacks);
  loop.run_ready();
  EXPECT_EQ(calls, 1);
}

TEST_F(SimulatedTest, SameInputSameHistory) {
  const auto history = [] {
    testing::ManualLoop clock;
    SimulatedOptions options;
    options.start_latency = milliseconds(7);
    auto host = std::make_shared<SimulatedEngine>(clock, options);
    SimulatedDriver connection(host);
    std::string log;
    const auto events =
        connection.events({}, [&](const std::string& name) { log += str(clock.monotonic().count(), " ", name, "\n"); });
    for (int i = 0; i < 50; ++i) {
      ContainerConfig one = config(str("c", i), {{"MUSTER_SIM_RUN_FOR", str(i * 13 % 17, "ms")}});
      one.ports = {PortMapping{80, 0, "tcp", ""}};
      connection.create(one, [](const Status&) {});
      connection.start(one.name, [](const Status&) {});
    }
    clock.advance(seconds(1));
    for (const ContainerState& state : host->containers()) log += state.id + state.name + state.image_id;
    return log;
  };
  EXPECT_EQ(history(), history());
}

TEST_F(SimulatedTest, FiftyThousandContainers) {
  connect();
  constexpr int count = 50'000;
  int answered = 0;
  for (int i = 0; i < count; ++i) {
    ContainerConfig one = config(str("c", i));
    driver->create(one, [](const Status&) {});
    driver->start(one.name, [&](const Status& status) { answered += status.ok() ? 1 : 0; });
    if (i % 1000 == 0) loop.run_ready();
  }
  loop.run_ready();
  EXPECT_EQ(answered, count);
  EXPECT_EQ(engine->running(), static_cast<std::size_t>(count));
  EXPECT_EQ(loop.timers(), 0U) << "a container that only runs needs no timer";
  for (int i = 0; i < count; ++i) driver->remove(str("c", i), [](const Status&) {});
  loop.run_ready();
  EXPECT_TRUE(engine->containers().empty());
}

}  // namespace
}  // namespace muster::drivers
