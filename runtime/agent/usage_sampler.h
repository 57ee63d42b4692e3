// Measures what the containers of this host use, one after the other, now and then, and tells of it. Nothing is decided
// by it.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/types/usage.h"
#include "runtime/agent/metadata/stats.h"
#include "runtime/base/life.h"
#include "runtime/base/loop.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

// A running container.
struct Measured {
  std::string task_uid, container, host_name;
  // Who it is, for those who read metrics.
  std::string ns = {}, task = {}, service = {};  // no service: empty
  std::string image = {}, id = {};               // as the definition names it; the engine's id
  Time started_at = {};
  std::int32_t restarts = 0;
};
// What was measured of it last.
struct ContainerSample {
  Measured container;
  drivers::Usage usage;
  Duration at = {};  // monotonic
  Time measured_at = {};
  std::optional<metadata::Moment> before = {};  // of the round before
};
// Of the whole machine, since it started.
struct MachineUsage {
  Duration cpu{};
  std::int64_t memory_bytes = 0;
};
// Of /proc/stat and /proc/meminfo; nothing when they cannot be read.
std::optional<MachineUsage> machine_usage();
std::optional<MachineUsage> parse_machine_usage(const std::string& stat, const std::string& meminfo,
                                                Duration clock_tick);

struct UsageCallbacks {
  std::function<std::vector<Measured>()> running;
  std::function<std::optional<MachineUsage>()> machine;  // null: the host uses what its containers use
  std::function<void(InstanceUsage usage)> tell;
};

class UsageSampler {
 public:
  // Between two rounds; a container that was seen for the first time is seen again sooner.
  static constexpr Duration interval = std::chrono::seconds(10);
  static constexpr Duration first_interval = std::chrono::seconds(1);

  UsageSampler(Loop& loop, drivers::Driver& driver, UsageCallbacks callbacks);
  ~UsageSampler();
  UsageSampler(const UsageSampler&) = delete;
  UsageSampler& operator=(const UsageSampler&) = delete;

  void start();
  void stop();
  // Someone wants to be told soon.
  void hurry();
  // Of the last whole round.
  const std::vector<ContainerSample>& last() const { return last_; }

 private:
  struct Sample {
    Duration at{};  // monotonic
    Duration cpu{};
    std::int64_t memory_bytes = 0;
  };
  struct Rate {
    std::int64_t nanocores = 0;
    Duration window{};
  };
  void begin();
  void next();
  void end();
  // What was used a second since the sample before; nothing for the first one, and for a counter that began again.
  static std::optional<Rate> rate(const Sample& before, const Sample& now);

  Loop& loop_;
  drivers::Driver& driver_;
  UsageCallbacks callbacks_;
  bool on_ = false;
  std::uint64_t round_ = 0;
  Loop::Timer timer_ = 0;
  std::deque<Measured> queue_;
  bool measuring_ = false;
  std::vector<ContainerSample> taken_, last_;
  std::map<std::string, Sample> before_;  // by host name
  std::optional<Sample> machine_before_;
  Life life_;
};

}  // namespace muster::agent
