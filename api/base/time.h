// Time as values. Nothing here reads a clock: `now` is always a parameter (see runtime/base/loop.h).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "api/base/error.h"

namespace muster {

using Duration = std::chrono::nanoseconds;
// Wall-clock time, UTC. The epoch itself means "not set".
using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;

inline bool is_set(Time time) {
  return time != Time{};
}

// RFC 3339 in UTC: "2026-11-22T20:00:00Z", with milliseconds when there are any.
std::string format_time(Time time);
// The same, always with six digits of fraction (Kubernetes: MicroTime).
std::string format_micro_time(Time time);
// RFC 3339 with any offset and fraction. Years 1678 to 2262.
Result<Time> parse_time(std::string_view text);

// Go's notation, as Kubernetes writes it: "1h30m0s" is read, "90m" is written as "1h30m".
std::string format_duration(Duration duration);
Result<Duration> parse_duration(std::string_view text);

// "5s", "3m", "2h", "4d": the age column of a table.
std::string format_age(Duration age);

}  // namespace muster
