// One worker against a driver that answers when the test says so: late answers, races, second tries.
#include "runtime/agent/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <optional>

#include "api/base/base64.h"
#include "runtime/agent/translate.h"
#include "tests/support/manual_loop.h"
#include "tests/support/silent_driver.h"

namespace muster::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* uid = "0123456789abcdef0123456789abcdef";

class HeldDriver final : public muster::testing::SilentDriver {
 public:
  void inspect(std::string, drivers::Done<drivers::ContainerState> done) override {
    calls.emplace_back("inspect");
    inspections.push_back(std::move(done));
  }
  void pull(std::string, drivers::RegistryAuth, std::function<void(const drivers::PullProgress&)>,
            drivers::DoneVoid done) override {
    hold("pull", done);
  }
  // Looked for before the pull, where it is missing, and after it.
  void image(std::string, drivers::Done<drivers::Image> done) override {
    if (looks++ % 2 == 0) return done(Error{Code::not_found, "no such image", {}});
    done(drivers::Image{});
  }
  int looks = 0;
  void create(drivers::ContainerConfig config, drivers::DoneVoid done) override {
    created.push_back(config);
    hold("create", done);
  }
  void start(std::string, drivers::DoneVoid done) override { hold("start", done); }
  void stop(std::string, Duration, drivers::DoneVoid done) override { hold("stop", done); }
  void remove(std::string, drivers::DoneVoid done) override { hold("remove", done); }

  void hold(const std::string& call, drivers::DoneVoid done) {
    calls.push_back(call);
    held.push_back(std::move(done));
  }
  void answer(const Status& status) {
    ASSERT_FALSE(held.empty());
    const drivers::DoneVoid done = std::move(held.front());
    held.pop_front();
    done(status);
  }
  void answer_inspect(const Result<drivers::ContainerState>& state) {
    ASSERT_FALSE(inspections.empty());
    const auto done = std::move(inspections.front());
    inspections.pop_front();
    done(state);
  }
  std::vector<std::string> take_calls() { return std::exchange(calls, {}); }

  std::vector<std::string> calls;
  std::deque<drivers::DoneVoid> held;
  std::deque<drivers::Done<drivers::ContainerState>> inspections;
  std::vector<drivers::ContainerConfig> created;
};

class CountingPorts final : public Ports {
 public:
  Result<int> choose(Protocol /*protocol*/, int count) override { return std::exchange(next, next + count); }
  int next = 40'000;
};

class WorkerTest : public ::testing::Test {
 protected:
  WorkerTest() {
    context.may_act = [this] { return may_act; };
    context.engine_failed = [this] { may_act = false; };
    context.changed = [](Worker&, bool) {};
    context.gone = [](Worker&) {};
    task::DesiredTask desired;
    desired.ns = "default";
    desired.name = "web-0-0";
    desired.uid = uid;
    desired.spec.task_definition = "web:1";
    TaskDefinitionSpec definition;
    ContainerDefinition app;
    app.name = "app";
    app.image = "busybox";
    app.port_mappings = {PortMapping{80, 0, Protocol::tcp, {}, {}}, PortMapping{81, 8081, Protocol::tcp, {}, {}}};
    definition.container_definitions = {app};
    desired.definition = std::make_shared<const TaskDefinitionSpec>(definition);
    worker = std::make_shared<Worker>(context, desired, task::TaskMemory{});
  }

  drivers::ContainerState state(drivers::ContainerPhase phase) const {
    drivers::ContainerState out;
    out.id = "id";
    out.name = worker->host_name("app");
    out.labels[std::string(task::label::container)] = "app";
    out.phase = phase;
    if (phase != drivers::ContainerPhase::created) out.started_at = loop.now();
    return out;
  }
  void up_to_created() {
    worker->look();
    driver.answer({});
    loop.run_ready();
    driver.answer({});
    driver.take_calls();
  }
  void up_to_running() {
    up_to_created();
    driver.answer({});
    driver.answer_inspect(state(drivers::ContainerPhase::running));
    driver.take_calls();
  }

  testing::ManualLoop loop;
  SeededRandom random{1};
  HeldDriver driver;
  ImageRecords records{loop, nullptr};
  Images images{loop, random, driver, records, {}};
  Lanes lanes{loop, 2};
  CountingPorts ports;
  WorkerContext context{loop, driver, images, lanes, &ports, {"c", "i", "default", "host-1"}, {}, {},
                        {},   {},     {},     {},    0};
  bool may_act = true;
  std::shared_ptr<Worker> worker;
};

TEST_F(WorkerTest, one_step_follows_the_other_without_detours) {
  worker->look();
  EXPECT_THAT(driver.take_calls(), ElementsAre("pull"));
  driver.answer({});
  loop.run_ready();
  EXPECT_THAT(driver.take_calls(), ElementsAre("create"));
  driver.answer({});
  EXPECT_THAT(driver.take_calls(), ElementsAre("start"));
  worker->container_event(worker->host_name("app"));
  driver.answer({});
  EXPECT_THAT(driver.take_calls(), ElementsAre("inspect")) << "the event of the start itself costs nothing";
  EXPECT_EQ(worker->status().last_status, LastStatus::pending);
  driver.answer_inspect(state(drivers::ContainerPhase::running));
  EXPECT_EQ(worker->status().last_status, LastStatus::running);
  EXPECT_THAT(driver.take_calls(), IsEmpty());
}

TEST_F(WorkerTest, nothing_is_decided_between_a_start_and_the_sight_of_it) {
  up_to_created();
  driver.answer({});
  EXPECT_THAT(driver.take_calls(), ElementsAre("inspect"));
  worker->wish().spec.desired_status = DesiredStatus::stopped;
  worker->look();
  EXPECT_NE(worker->status().last_status, LastStatus::stopped);
  EXPECT_THAT(driver.take_calls(), IsEmpty());
  driver.answer_inspect(state(drivers::ContainerPhase::running));
  EXPECT_THAT(driver.take_calls(), ElementsAre("stop"));
}

TEST_F(WorkerTest, a_list_asked_for_before_the_start_says_nothing_about_it) {
  up_to_created();
  const std::uint64_t order = ++context.order;
  driver.answer({});
  driver.answer_inspect(state(drivers::ContainerPhase::running));
  worker->listed(order, {state(drivers::ContainerPhase::created)});
  worker->look();
  worker->listed(order, {});
  worker->look();
  EXPECT_EQ(worker->status().last_status, LastStatus::running);
  worker->wish().spec.desired_status = DesiredStatus::stopped;
  driver.take_calls();
  worker->look();
  EXPECT_THAT(driver.take_calls(), ElementsAre("stop"));
}

TEST_F(WorkerTest, a_list_made_during_a_create_does_not_make_it_again) {
  worker->look();
  driver.answer({});
  loop.run_ready();
  driver.take_calls();
  worker->listed(++context.order, {});
  worker->look();
  EXPECT_THAT(driver.take_calls(), IsEmpty());
  driver.answer({});
  EXPECT_THAT(driver.take_calls(), ElementsAre("start"));
}

TEST_F(WorkerTest, an_inspection_begun_before_the_start_ended_is_repeated) {
  up_to_created();
  may_act = true;
  worker->container_event(worker->host_name("app"));  // ignored: the start looks for itself
  driver.answer({});
  EXPECT_THAT(driver.take_calls(), ElementsAre("inspect"));
  worker->container_event(worker->host_name("app"));
  driver.answer_inspect(state(drivers::ContainerPhase::running));
  EXPECT_EQ(worker->status().last_status, LastStatus::running);
}

TEST_F(WorkerTest, an_exit_is_seen_while_its_stop_still_waits) {
  up_to_running();
  worker->wish().spec.desired_status = DesiredStatus::stopped;
  worker->look();
  EXPECT_THAT(driver.take_calls(), ElementsAre("stop"));
  worker->container_event(worker->host_name("app"));
  driver.answer_inspect(state(drivers::ContainerPhase::exited));
  EXPECT_EQ(worker->status().last_status, LastStatus::stopped);
}

TEST_F(WorkerTest, dynamic_ports_are_chosen_fixed_ones_stay) {
  up_to_created();
  ASSERT_EQ(driver.created.size(), 1u);
  EXPECT_EQ(driver.created[0].ports[0].host_port, 40'000);
  EXPECT_EQ(driver.created[0].ports[1].host_port, 8081);
}

TEST_F(WorkerTest, a_port_taken_by_another_is_replaced_by_the_next) {
  up_to_created();
  driver.answer(Error{Code::internal, "CannotStartContainerError: Bind: port is already allocated", {}});
  EXPECT_THAT(driver.take_calls(), ElementsAre("remove"));
  driver.answer({});
  EXPECT_THAT(driver.take_calls(), ElementsAre("create"));
  EXPECT_EQ(driver.created.back().ports[0].host_port, 40'001);
  driver.answer({});
  driver.answer({});
  driver.answer_inspect(state(drivers::ContainerPhase::running));
  EXPECT_EQ(worker->status().last_status, LastStatus::running);
}

TEST_F(WorkerTest, ports_are_not_tried_for_ever) {
  up_to_created();
  for (int tries = 0; tries < 3; ++tries) {
    driver.answer(Error{Code::internal, "address already in use", {}});
    driver.answer({});  // remove
    driver.answer({});  // create
  }
  driver.answer(Error{Code::internal, "address already in use", {}});
  EXPECT_EQ(worker->status().stop_code, StopCode::task_failed_to_start);
}

TEST_F(WorkerTest, an_image_that_vanished_before_the_create_is_pulled_again_once) {
  worker->look();
  driver.answer({});
  loop.run_ready();
  driver.answer(Error{Code::not_found, "No such image: busybox", {}});
  driver.take_calls();
  loop.run_ready();
  driver.answer({});  // pull
  loop.run_ready();
  driver.answer(Error{Code::not_found, "No such image: busybox", {}});
  EXPECT_EQ(worker->status().last_status, LastStatus::stopped);
  EXPECT_EQ(worker->status().stopped_reason, "CannotCreateContainerError: No such image: busybox");
}

TEST_F(WorkerTest, an_engine_that_goes_away_is_no_failure_of_the_task) {
  up_to_created();
  driver.answer(Error{Code::unavailable, "connection refused", {}});
  EXPECT_FALSE(may_act);
  EXPECT_EQ(worker->status().last_status, LastStatus::pending);
  may_act = true;
  worker->listed(++context.order, {state(drivers::ContainerPhase::created)});
  worker->look();
  EXPECT_THAT(driver.take_calls(), ElementsAre("start"));
}

TEST_F(WorkerTest, a_start_that_came_through_after_its_time_limit_is_stopped_again) {
  up_to_created();
  driver.answer(Error{Code::timeout, "DockerTimeoutError: Could not transition to started", {}});
  EXPECT_EQ(worker->status().last_status, LastStatus::stopping);
  EXPECT_THAT(driver.take_calls(), ElementsAre("inspect"));
  driver.answer_inspect(state(drivers::ContainerPhase::running));
  EXPECT_THAT(driver.take_calls(), ElementsAre("stop"));
}

TEST_F(WorkerTest, a_container_whose_start_failed_is_removed_before_the_task_is_stopped) {
  up_to_created();
  driver.answer(Error{Code::timeout, "DockerTimeoutError: Could not transition to started", {}});
  EXPECT_THAT(driver.take_calls(), ElementsAre("inspect"));
  driver.answer_inspect(state(drivers::ContainerPhase::created));
  EXPECT_EQ(worker->status().last_status, LastStatus::stopping);
  EXPECT_THAT(driver.take_calls(), ElementsAre("remove"));
  driver.answer({});
  EXPECT_EQ(worker->status().last_status, LastStatus::stopped);
}

TEST_F(WorkerTest, what_the_engine_says_of_values_from_secrets_is_not_repeated) {
  ConfigObjects objects;
  const auto put = [&](const std::string& address) {
    Secret secret;
    secret.metadata.ns = "default";
    secret.metadata.name = "log";
    secret.data = {{"address", encode_base64(address)}};
    objects.put(secret);
  };
  put("udp://logs.internal:514");
  context.config = &objects;
  task::DesiredTask desired = worker->desired();
  TaskDefinitionSpec definition = *desired.definition;
  definition.container_definitions[0].log_configuration =
      LogConfiguration{"syslog", {}, {{"syslog-address", "log:address"}}};
  desired.definition = std::make_shared<const TaskDefinitionSpec>(definition);
  worker = std::make_shared<Worker>(context, desired, task::TaskMemory{});
  worker->config_known = true;

  up_to_created();
  put("udp://new.internal:514");
  driver.answer(Error{Code::invalid, "CannotStartContainerError: dial udp: lookup logs.internal", {}});
  drivers::ContainerState created = state(drivers::ContainerPhase::created);
  created.error = "lookup logs.internal";
  driver.answer_inspect(created);
  EXPECT_EQ(worker->status().containers[0].reason, "CannotStartContainerError: dial udp: lookup ***")
      << "also of a value that has changed since";

  // Another process knows only what the Secret has now.
  worker = std::make_shared<Worker>(context, desired, task::TaskMemory{});
  worker->config_known = true;
  worker->listed(++context.order, {state(drivers::ContainerPhase::created)});
  driver.held.clear();
  driver.take_calls();
  worker->look();
  loop.run_ready();
  EXPECT_THAT(driver.take_calls(), ElementsAre("start"));
  driver.answer(Error{Code::invalid, "CannotStartContainerError: dial udp: lookup logs.internal", {}});
  EXPECT_THAT(worker->status().containers[0].reason, ::testing::HasSubstr("withheld"));
  EXPECT_THAT(worker->status().containers[0].reason, ::testing::Not(::testing::HasSubstr("logs.internal")));
}

TEST_F(WorkerTest, dropping_a_worker_drops_its_callbacks) {
  up_to_created();
  worker.reset();
  driver.answer({});
  EXPECT_THAT(driver.take_calls(), IsEmpty());
}

}  // namespace
}  // namespace muster::agent
