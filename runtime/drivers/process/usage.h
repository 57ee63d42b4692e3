// What the processes of a session use, from /proc.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string_view>

#include "runtime/drivers/base/driver.h"

namespace muster::drivers {

// Of every session of this host: one look at all processes.
std::map<pid_t, Usage> session_usages();

// One line of /proc/PID/stat: the session, and what the process and its ended children have used.
struct ProcessUsage {
  pid_t session = 0;
  Usage usage;
};
std::optional<ProcessUsage> parse_process_usage(std::string_view stat, Duration clock_tick, std::int64_t page_bytes);

}  // namespace muster::drivers
