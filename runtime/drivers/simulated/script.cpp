#include "runtime/drivers/simulated/script.h"

#include <string_view>

#include "api/base/text.h"

namespace muster::drivers {

namespace {

constexpr std::string_view prefix = "MUSTER_SIM_";

Result<Duration> read_delay(std::string_view text) {
  TRY(Duration delay, parse_duration(text));
  if (delay < Duration::zero()) return Error{Code::invalid, "must not be negative", {}};
  return delay;
}

Result<int> read_exit_code(std::string_view text) {
  const std::optional<std::int64_t> code = parse_int(text);
  if (!code || *code < 0 || *code > 255) return Error{Code::invalid, "must be a number from 0 to 255", {}};
  return static_cast<int>(*code);
}

Result<OnSigterm> read_ignore(std::string_view text) {
  if (text == "true" || text == "1") return OnSigterm::ignores;
  if (text == "false" || text == "0" || text.empty()) return OnSigterm::exits;
  return Error{Code::invalid, "must be true or false", {}};
}

Status apply(SimulatedScript& script, std::string_view name, const std::string& value) {
  if (name == "RUN_FOR") {
    TRY(script.run_for, read_delay(value));
  } else if (name == "EXIT_CODE") {
    TRY(script.exit_code, read_exit_code(value));
  } else if (name == "START_ERROR") {
    script.start_error = value;
  } else if (name == "PULL_ERROR") {
    script.pull_error = value;
  } else if (name == "HEALTHY_AFTER") {
    TRY(script.healthy_after, read_delay(value));
  } else if (name == "UNHEALTHY_AFTER") {
    TRY(script.unhealthy_after, read_delay(value));
  } else if (name == "IGNORE_SIGTERM") {
    TRY(script.on_sigterm, read_ignore(value));
  } else if (name == "LOG") {
    script.log = value;
  } else {
    return Error{Code::invalid, "is not a variable of the simulated driver", {}};
  }
  return {};
}

}  // namespace

Result<SimulatedScript> read_script(SimulatedScript base,
                                    const std::vector<std::pair<std::string, std::string>>& environment) {
  for (const auto& [name, value] : environment) {
    if (name.compare(0, prefix.size(), prefix) != 0) continue;
    Status applied = apply(base, std::string_view(name).substr(prefix.size()), value);
    if (!applied.ok()) {
      return Error{Code::invalid, str("environment ", name, "=", value, ": ", applied.error().message), {}};
    }
  }
  return base;
}

}  // namespace muster::drivers
