#include "runtime/agent/usage_sampler.h"

#include <gtest/gtest.h>

#include "tests/support/manual_loop.h"
#include "tests/support/silent_driver.h"

namespace muster::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Says what the test has put there.
class MeasuringDriver final : public testing::SilentDriver {
 public:
  void usage(std::string name, drivers::Done<drivers::Usage> done) override {
    const auto found = usages.find(name);
    if (found == usages.end()) return done(Error{Code::not_found, "no container", {}});
    done(found->second);
  }
  std::map<std::string, drivers::Usage> usages;
};

class UsageSamplerTest : public ::testing::Test {
 protected:
  UsageSampler sampler(std::function<std::optional<MachineUsage>()> machine = nullptr) {
    return UsageSampler(loop, driver,
                        UsageCallbacks{[this] { return running; }, std::move(machine),
                                       [this](InstanceUsage usage) { told.push_back(std::move(usage)); }});
  }
  testing::ManualLoop loop;
  MeasuringDriver driver;
  std::vector<Measured> running{{"t1", "app", "c1"}, {"t1", "side", "c2"}, {"t2", "app", "c3"}};
  std::vector<InstanceUsage> told;
};

TEST_F(UsageSamplerTest, tells_rates_between_two_looks) {
  driver.usages["c1"] = {seconds(100), 10};
  driver.usages["c2"] = {seconds(5), 20};
  UsageSampler measuring = sampler();
  measuring.start();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].tasks.empty()) << "a counter alone says nothing";
  driver.usages["c1"].cpu += milliseconds(500);
  loop.advance(UsageSampler::first_interval);
  ASSERT_EQ(told.size(), 2U);
  ASSERT_EQ(told[1].tasks.size(), 1U) << "c3 cannot be measured";
  EXPECT_EQ(told[1].tasks[0], (TaskUsage{"t1", {{"app", 500'000'000, 10}, {"side", 0, 20}}}));
  EXPECT_EQ(told[1].cpu_nanocores, 500'000'000);
  EXPECT_EQ(told[1].memory_bytes, 30);
  EXPECT_EQ(told[1].window, UsageSampler::first_interval);
  loop.advance(UsageSampler::interval - milliseconds(1));
  EXPECT_EQ(told.size(), 2U);
  loop.advance(milliseconds(1));
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[2].cpu_nanocores, 0);
  EXPECT_EQ(told[2].window, UsageSampler::interval);
}

TEST_F(UsageSamplerTest, a_counter_that_began_again_is_a_first_look) {
  driver.usages["c1"] = {seconds(100), 10};
  UsageSampler measuring = sampler();
  measuring.start();
  driver.usages["c1"].cpu = seconds(1);
  loop.advance(UsageSampler::first_interval);
  EXPECT_TRUE(told.back().tasks.empty());
  driver.usages["c1"].cpu = seconds(2);
  loop.advance(UsageSampler::first_interval);
  ASSERT_EQ(told.back().tasks.size(), 1U);
  EXPECT_EQ(told.back().cpu_nanocores, 1'000'000'000);
}

TEST_F(UsageSamplerTest, the_machine_counts_for_the_host) {
  MachineUsage machine{seconds(50), 4096};
  UsageSampler measuring = sampler([&] { return std::optional<MachineUsage>(machine); });
  measuring.start();
  EXPECT_TRUE(told.empty()) << "nothing can be said of the host yet";
  machine.cpu += seconds(2);
  loop.advance(UsageSampler::first_interval);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].cpu_nanocores, 2'000'000'000);
  EXPECT_EQ(told[0].memory_bytes, 4096);
}

TEST_F(UsageSamplerTest, keeps_what_the_last_round_saw) {
  driver.usages["c1"] = {seconds(100), 10};
  driver.usages["c1"].processes = 3;
  running[0].service = "web";
  UsageSampler measuring = sampler();
  EXPECT_TRUE(measuring.last().empty());
  measuring.start();
  ASSERT_EQ(measuring.last().size(), 1U);
  EXPECT_EQ(measuring.last()[0].container.service, "web");
  EXPECT_EQ(measuring.last()[0].usage, driver.usages["c1"]);
  EXPECT_EQ(measuring.last()[0].measured_at, loop.now());
  measuring.stop();
  EXPECT_EQ(measuring.last().size(), 1U);
}

TEST_F(UsageSamplerTest, hurries_when_asked) {
  driver.usages["c1"] = driver.usages["c2"] = driver.usages["c3"] = {seconds(100), 10};
  UsageSampler measuring = sampler();
  measuring.hurry();
  loop.advance(seconds(60));
  EXPECT_TRUE(told.empty()) << "it does not run";
  measuring.start();
  loop.advance(UsageSampler::first_interval);
  ASSERT_EQ(told.size(), 2U);
  measuring.hurry();
  loop.advance(UsageSampler::first_interval);
  ASSERT_EQ(told.size(), 3U);
  loop.advance(UsageSampler::interval);
  EXPECT_EQ(told.size(), 4U) << "one round after the other, as before";
}

TEST_F(UsageSamplerTest, stops_and_starts) {
  driver.usages["c1"] = {seconds(100), 10};
  UsageSampler measuring = sampler();
  measuring.start();
  measuring.stop();
  loop.advance(seconds(60));
  EXPECT_EQ(told.size(), 1U);
  measuring.start();
  EXPECT_EQ(told.size(), 2U);
}

TEST(MachineUsage, is_what_the_kernel_counts_but_idling) {
  const auto usage =
      parse_machine_usage("cpu  10 1 5 1000 50 2 3 4 9 9\ncpu0 1 1\n",
                          "MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:  400 kB\n", milliseconds(10));
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->cpu, milliseconds(250));
  EXPECT_EQ(usage->memory_bytes, 600 * 1024);
  EXPECT_FALSE(parse_machine_usage("", "MemTotal: 1 kB\nMemAvailable: 1 kB", milliseconds(10)));
  EXPECT_FALSE(parse_machine_usage("cpu  x\n", "MemTotal: 1 kB\nMemAvailable: 1 kB", milliseconds(10)));
  EXPECT_FALSE(parse_machine_usage("cpu  1\n", "", milliseconds(10)));
}

}  // namespace
}  // namespace muster::agent
