// Containers as plain processes of this host, each in its own session; the image is ignored. For hosts without any
// container engine and for quick trials: no isolation, network mode "host" in effect, ports are mapped 1:1.
//
// Each running container has a supervisor: a small process that outlives the agent, writes the log and keeps the exit
// code. What a restarted agent needs is in files, so it adopts what runs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "api/base/error.h"
#include "runtime/base/loop.h"
#include "runtime/drivers/base/driver.h"

namespace muster::drivers {

struct ProcessOptions {
  std::string directory;                    // state and logs; made when missing; one driver at a time
  std::string memory_directory = {};        // for secret variables, in memory; empty: containers with any are refused
  std::int64_t log_bytes_max = 10'000'000;  // of one log file
  int log_files_max = 3;                    // 1 to 9, the current one included
};

// Fails when the directory cannot be used, or another driver uses it.
Result<std::unique_ptr<Driver>> make_process_driver(Loop& loop, ProcessOptions options);

}  // namespace muster::drivers
