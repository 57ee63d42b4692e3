// How one simulated container behaves. Read from the container's environment, so that failures are written as ordinary
// manifests.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/base/error.h"
#include "api/base/time.h"

namespace muster::drivers {

enum class OnSigterm { exits, ignores };

struct SimulatedScript {
  std::optional<Duration> run_for;  // MUSTER_SIM_RUN_FOR=500ms; absent: runs until stopped
  int exit_code = 0;                // MUSTER_SIM_EXIT_CODE=3, of an exit by itself
  std::string start_error;          // MUSTER_SIM_START_ERROR=text
  std::string pull_error;           // MUSTER_SIM_PULL_ERROR=text: refused at create, where the environment is known
  Duration healthy_after{};         // MUSTER_SIM_HEALTHY_AFTER=2s, after each start; needs a health check
  std::optional<Duration> unhealthy_after;  // MUSTER_SIM_UNHEALTHY_AFTER=5s
  OnSigterm on_sigterm = OnSigterm::exits;  // MUSTER_SIM_IGNORE_SIGTERM=true
  std::string log;                          // MUSTER_SIM_LOG=text: one line of output at each start
  bool operator==(const SimulatedScript&) const = default;
};

// `base` changed by the MUSTER_SIM_ variables; others are skipped. A variable that cannot be understood is
// Code::invalid.
Result<SimulatedScript> read_script(SimulatedScript base,
                                    const std::vector<std::pair<std::string, std::string>>& environment);

}  // namespace muster::drivers
