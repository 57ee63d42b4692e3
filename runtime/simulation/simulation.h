// One whole run: a world, a user and faults drawn from a seed; then the faults stop and the cluster has to become what
// its users want. The same seed gives the same run, to the last byte.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/simulation/server_process.h"

namespace muster::simulation {

enum class Weather { fair, faults };

struct Options {
  Weather weather = Weather::faults;
  Duration active = std::chrono::seconds(60);  // users act and faults strike for so long
  Duration patience =
      std::chrono::minutes(12);               // the cluster has to be well again after so long (backs off up to 5 min)
  Duration quiet = std::chrono::seconds(15);  // and then nothing is written for so long
  std::string folder;                         // an empty one, for what agents keep on disk; empty: they keep nothing
  Sabotage sabotage;
  std::function<void(const std::string& line)> on_note;  // every action and fault as it comes
};

struct Outcome {
  std::string violation;           // empty: all was well
  std::vector<std::string> notes;  // the last actions and faults
  std::uint64_t hash = 0;
  Duration virtual_time{};
  std::uint64_t steps = 0;
  std::int64_t commits = 0, healthy_stops = 0, given_up = 0;

  // What people need to find the reason: the seed, the violation and the notes.
  std::string report(std::uint64_t seed) const;
};

Outcome simulate(std::uint64_t seed, const Options& options);

}  // namespace muster::simulation
