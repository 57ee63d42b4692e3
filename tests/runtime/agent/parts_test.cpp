// The agent's smaller parts, each alone.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

#include "runtime/agent/capacity.h"
#include "runtime/agent/images.h"
#include "runtime/agent/lanes.h"
#include "runtime/agent/ports.h"
#include "runtime/agent/translate.h"
#include "runtime/drivers/simulated/simulated.h"
#include "tests/support/manual_loop.h"

namespace muster::agent {
namespace {

using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// ---- lanes

struct LaneTest : ::testing::Test {
  testing::ManualLoop loop;
  Lane lane{loop, 2};
  std::vector<int> begun;
  std::map<int, std::shared_ptr<Lane::Pass>> held;

  Lane::Ticket enter(int number, Lane::Priority priority = Lane::Priority::normal) {
    return lane.enter(priority, [this, number](std::shared_ptr<Lane::Pass> pass) {
      begun.push_back(number);
      held[number] = std::move(pass);
    });
  }
};

TEST_F(LaneTest, lets_in_as_many_as_it_is_wide) {
  EXPECT_EQ(enter(1), 0u);
  EXPECT_EQ(enter(2), 0u);
  EXPECT_NE(enter(3), 0u);
  EXPECT_THAT(begun, ElementsAre(1, 2));
  held.erase(1);
  EXPECT_THAT(begun, ElementsAre(1, 2)) << "not from inside the end of another";
  loop.run_ready();
  EXPECT_THAT(begun, ElementsAre(1, 2, 3));
}

TEST_F(LaneTest, urgent_ones_go_first) {
  enter(1), enter(2), enter(3), enter(4, Lane::Priority::urgent), enter(5, Lane::Priority::urgent);
  held.clear();
  loop.run_ready();
  EXPECT_THAT(begun, ElementsAre(1, 2, 4, 5));
  held.clear();
  loop.run_ready();
  EXPECT_THAT(begun, ElementsAre(1, 2, 4, 5, 3));
}

TEST_F(LaneTest, those_who_leave_are_not_called) {
  enter(1), enter(2);
  const Lane::Ticket ticket = enter(3);
  enter(4);
  lane.leave(ticket);
  lane.leave(0);
  held.clear();
  loop.run_ready();
  EXPECT_THAT(begun, ElementsAre(1, 2, 4));
  EXPECT_EQ(lane.waiting(), 0u);
}

// ---- images

struct ImagesTest : ::testing::Test {
  testing::ManualLoop loop;
  SeededRandom random{1};

  // Fails as often as told, then succeeds.
  struct FlakyDriver final : drivers::Driver {
    explicit FlakyDriver(Loop& the_loop) : loop(the_loop) {}
    void info(drivers::Done<drivers::Info>) override {}
    void list(std::map<std::string, std::string>, drivers::Done<std::vector<drivers::ContainerState>>) override {}
    void inspect(std::string, drivers::Done<drivers::ContainerState>) override {}
    void pull(std::string, std::function<void(std::string)>, drivers::DoneVoid done) override {
      ++pulls;
      const Status answer = failures > 0 ? Status(Error{code, "no luck", {}}) : Status();
      if (failures > 0) --failures;
      loop.after(seconds(1), [done, answer] { done(answer); });
    }
    void image_present(std::string, drivers::Done<bool> done) override {
      ++checks;
      loop.post([this, done] { done(present); });
    }
    void create(drivers::ContainerConfig, drivers::DoneVoid) override {}
    void start(std::string, drivers::DoneVoid) override {}
    void stop(std::string, Duration, drivers::DoneVoid) override {}
    void remove(std::string, drivers::DoneVoid) override {}
    std::unique_ptr<drivers::Subscription> logs(std::string, drivers::LogOptions, drivers::LogCallbacks) override {
      return nullptr;
    }
    std::unique_ptr<drivers::Subscription> events(std::map<std::string, std::string>, drivers::EventCallback) override {
      return nullptr;
    }
    Loop& loop;
    int pulls = 0, checks = 0, failures = 0;
    bool present = false;
    Code code = Code::internal;
  } driver{loop};
  Images images{loop, random, driver};

  std::vector<std::string> answers;
  void ensure(const std::string& image) {
    images.ensure(image,
                  [this](const Status& status) { answers.push_back(status.ok() ? "ok" : status.error().message); });
  }
};

TEST_F(ImagesTest, an_image_that_is_there_is_not_pulled_and_not_asked_for_again_soon) {
  driver.present = true;
  ensure("a");
  EXPECT_THAT(answers, IsEmpty()) << "never from inside the call";
  loop.run_ready();
  ensure("a");
  loop.run_ready();
  EXPECT_THAT(answers, ElementsAre("ok", "ok"));
  EXPECT_EQ(driver.pulls, 0);
  EXPECT_EQ(driver.checks, 1);
  loop.advance(seconds(61));
  ensure("a");
  loop.run_ready();
  EXPECT_EQ(driver.checks, 2);
  images.forget("a");
  ensure("a");
  loop.run_ready();
  EXPECT_EQ(driver.checks, 3);
}

TEST_F(ImagesTest, one_pull_serves_all) {
  for (int at = 0; at < 5; ++at) ensure("a");
  loop.advance(seconds(2));
  EXPECT_THAT(answers, ElementsAre("ok", "ok", "ok", "ok", "ok"));
  EXPECT_EQ(driver.pulls, 1);
}

TEST_F(ImagesTest, tries_a_few_times_with_growing_delay) {
  driver.failures = 2;
  ensure("a");
  loop.advance(seconds(30));
  EXPECT_THAT(answers, ElementsAre("ok"));
  EXPECT_EQ(driver.pulls, 3);
  driver.failures = 100;
  ensure("b");
  loop.advance(seconds(30));
  EXPECT_THAT(answers, ElementsAre("ok", "CannotPullContainerError: no luck"));
  EXPECT_EQ(driver.pulls, 6);
}

TEST_F(ImagesTest, does_not_ask_again_for_what_does_not_exist) {
  driver.failures = 100;
  driver.code = Code::not_found;
  ensure("a");
  loop.advance(seconds(30));
  EXPECT_THAT(answers, SizeIs(1));
  EXPECT_EQ(driver.pulls, 1);
}

// ---- ports

TEST(Ports, the_range_is_read_as_the_kernel_writes_it) {
  EXPECT_EQ(parse_port_range("32768\t60999\n").first, 32768);
  EXPECT_EQ(parse_port_range("32768\t60999\n").last, 60999);
  for (const char* text : {"", "x y", "5", "9 3", "0 70000", "1 2 3"}) {
    EXPECT_EQ(parse_port_range(text).first, 49153) << text;
    EXPECT_EQ(parse_port_range(text).last, 65535) << text;
  }
}

TEST(Ports, are_given_out_in_turn_and_never_twice_in_a_row) {
  SeededRandom random(3);
  const PortRange range = host_port_range();
  HostPorts ports(random, range.first, range.last);
  std::set<int> given;
  for (int at = 0; at < 100; ++at) {
    const Result<int> port = ports.choose(Protocol::tcp);
    ASSERT_TRUE(port.ok());
    EXPECT_GE(*port, range.first);
    EXPECT_LE(*port, range.last);
    EXPECT_TRUE(given.insert(*port).second);
  }
}

TEST(Ports, those_in_use_and_reserved_ones_are_left_out) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_GE(listener, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const int taken = ntohs(address.sin_port);
  SeededRandom random(3);
  HostPorts only(random, taken, taken);
  const Result<int> port = only.choose(Protocol::tcp);
  ::close(listener);
  ASSERT_FALSE(port.ok());
  EXPECT_THAT(port.error().message, HasSubstr("no free host port"));
  HostPorts forbidden(random, 51678, 51680);
  EXPECT_FALSE(forbidden.choose(Protocol::udp).ok());
}

// ---- capacity

TEST(Capacity, memory_is_read_in_mib) {
  EXPECT_EQ(parse_memory_mib("MemTotal:       24589476 kB\nMemFree: 1 kB\n"), 24013);
  EXPECT_EQ(parse_memory_mib("nothing"), 0);
  EXPECT_GT(host_facts().memory_mib, 0);
  EXPECT_GT(host_facts().cpus, 0);
}

TEST(Capacity, the_engines_word_goes_before_the_hosts) {
  const HostFacts host{8, 16'000, "arm64"};
  drivers::Info engine;
  EXPECT_THAT(resources_of(host, engine), Contains(InstanceResource{"CPU", "INTEGER", 8192, {}}));
  engine.cpus = 2;
  engine.memory_bytes = std::int64_t{4} << 30;
  engine.attributes = {{"com.amazonaws.ecs.capability.privileged-container", ""}};
  EXPECT_THAT(resources_of(host, engine), Contains(InstanceResource{"CPU", "INTEGER", 2048, {}}));
  EXPECT_THAT(resources_of(host, engine), Contains(InstanceResource{"MEMORY", "INTEGER", 4096, {}}));
  const auto attributes = attributes_of(host, engine, "b", {Attribute{"rack", "7"}, Attribute{"ecs.os-type", "bsd"}});
  EXPECT_THAT(attributes, Contains(Attribute{"ecs.availability-zone", "b"}));
  EXPECT_THAT(attributes, Contains(Attribute{"ecs.cpu-architecture", "arm64"}));
  EXPECT_THAT(attributes, Contains(Attribute{"rack", "7"}));
  EXPECT_THAT(attributes, Contains(Attribute{"ecs.os-type", "bsd"})) << "the operator's word holds";
  EXPECT_THAT(attributes, Contains(Attribute{"com.amazonaws.ecs.capability.privileged-container", ""}));
}

// ---- translation

TEST(Translation, bindings_leave_out_what_only_repeats_ipv4) {
  drivers::ContainerState state;
  state.ports = {{80, 4000, "tcp", "0.0.0.0"}, {80, 4000, "tcp", "::"}, {53, 5000, "udp", "::"}, {9, 0, "tcp", ""}};
  EXPECT_THAT(from_driver("app", state).bindings, ElementsAre(NetworkBinding{"0.0.0.0", 80, 4000, Protocol::tcp},
                                                              NetworkBinding{"::", 53, 5000, Protocol::udp}));
}

TEST(Translation, a_config_keeps_its_meaning) {
  task::ContainerConfig config;
  config.name = "n";
  config.image = "i";
  config.network_mode = NetworkMode::none;
  config.ports = {PortMapping{53, 5353, Protocol::udp, {}, {}}};
  config.health_check = HealthCheck{{"CMD", "true"}, 10, 2, 4, 7};
  drivers::ContainerConfig made = to_driver(config);
  EXPECT_FALSE(made.command.has_value());
  EXPECT_FALSE(made.entry_point.has_value());
  EXPECT_EQ(made.network_mode, "none");
  EXPECT_THAT(made.ports, ElementsAre(drivers::PortMapping{53, 5353, "udp", ""}));
  EXPECT_EQ(made.health_check, (drivers::HealthCheck{{"CMD", "true"}, seconds(10), seconds(2), seconds(7), 4}));
  config.command = {"run"};
  made = to_driver(config);
  EXPECT_EQ(made.command, std::vector<std::string>{"run"});
}

TEST(Translation, a_containers_name_tells_its_task) {
  EXPECT_EQ(task_uid_of("muster-web-3-app-0123"), "0123");
  EXPECT_EQ(task_uid_of("nothing"), "");
}

}  // namespace
}  // namespace muster::agent
