// Whole clusters on a virtual clock, with everything going wrong that can. MUSTER_SEEDS=n runs n seeds (200)
// from MUSTER_FIRST_SEED=s (1) on, MUSTER_SEED=s exactly one, and tells what happens in it.
#include "runtime/simulation/simulation.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/base/text.h"
#include "runtime/base/log.h"
#include "tests/support/temporary_directory.h"

namespace muster::simulation {
namespace {

// An assertion of the code under test ends the process: the seed must be known all the same.
std::array<char, 64> current_seed{};

void tell_seed(int) {
  const ssize_t ignored = ::write(STDERR_FILENO, current_seed.data(), std::strlen(current_seed.data()));
  static_cast<void>(ignored);
}

Outcome run(std::uint64_t seed, Options options) {
  const testing::TemporaryDirectory folder;
  options.folder = folder.path();
  const std::string line = str("aborted in seed ", seed, "\n");
  line.copy(current_seed.data(), current_seed.size() - 1);
  current_seed[std::min(line.size(), current_seed.size() - 1)] = '\0';
  return simulate(seed, options);
}

std::optional<std::int64_t> from_environment(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? std::nullopt : parse_int(text);
}

class SimulationTest : public ::testing::Test {
 protected:
  SimulationTest() {
    ::signal(SIGABRT, tell_seed);
    log::set_level(log::Level::error);
  }
};

TEST_F(SimulationTest, FairWeather) {
  Options options;
  options.weather = Weather::fair;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Outcome outcome = run(seed, options);
    EXPECT_EQ(outcome.violation, "") << outcome.report(seed);
  }
}

TEST_F(SimulationTest, ASeedReplaysExactly) {
  for (std::uint64_t seed = 3; seed <= 5; ++seed) {
    const Outcome first = run(seed, {}), second = run(seed, {});
    EXPECT_EQ(first.hash, second.hash);
    EXPECT_EQ(first.notes, second.notes);
    EXPECT_EQ(first.steps, second.steps);
    EXPECT_NE(first.hash, run(seed + 100, {}).hash);
  }
}

// The seeds of a file beside the tests: one a line, comments begin with '#'.
std::set<std::uint64_t> seeds_of(const char* name) {
  std::ifstream file(str(MUSTER_SIMULATION_TESTS, "/", name));
  EXPECT_TRUE(file.good()) << name;
  std::set<std::uint64_t> seeds;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line.front() == '#') continue;
    const auto seed = parse_int(line);
    EXPECT_TRUE(seed.has_value()) << line;
    if (seed) seeds.insert(static_cast<std::uint64_t>(*seed));
  }
  return seeds;
}

TEST_F(SimulationTest, Regressions) {
  for (const std::uint64_t seed : seeds_of("regressions.txt")) {
    const Outcome outcome = run(seed, {});
    EXPECT_EQ(outcome.violation, "") << outcome.report(seed);
  }
}

TEST_F(SimulationTest, Seeds) {
  Options options;
  auto first = static_cast<std::uint64_t>(from_environment("MUSTER_FIRST_SEED").value_or(1));
  std::int64_t count = from_environment("MUSTER_SEEDS").value_or(200);
  if (const auto one = from_environment("MUSTER_SEED")) {
    first = static_cast<std::uint64_t>(*one);
    count = 1;
    log::set_level(log::Level::info);
    options.on_note = [](const std::string& line) { std::cerr << line << '\n'; };
  }
  const Duration begin = system_monotonic();
  Duration virtual_time{};
  std::int64_t commits = 0, healthy_stops = 0, given_up = 0;
  std::uint64_t steps = 0;
  int failures = 0;
  for (std::uint64_t seed = first; seed < first + static_cast<std::uint64_t>(count) && failures < 5; ++seed) {
    const Outcome outcome = run(seed, options);
    virtual_time += outcome.virtual_time;
    commits += outcome.commits;
    healthy_stops += outcome.healthy_stops;
    given_up += outcome.given_up;
    steps += outcome.steps;
    if (outcome.violation.empty()) continue;
    ++failures;
    ADD_FAILURE() << outcome.report(seed);
  }
  const Duration real = std::max<Duration>(system_monotonic() - begin, std::chrono::milliseconds(1));
  std::cout << count << " seeds, " << format_duration(std::chrono::duration_cast<std::chrono::seconds>(virtual_time))
            << " virtual in " << std::chrono::duration_cast<std::chrono::milliseconds>(real).count() << " ms ("
            << virtual_time / real << " times), " << steps << " events, " << commits << " commits, " << healthy_stops
            << " healthy tasks stopped by rollouts, " << given_up << " deployments given up\n";
  if (count >= 100) {
    EXPECT_GT(given_up, 0) << "circuit breakers are among what is tried";
  }
}

}  // namespace
}  // namespace muster::simulation
