// The end of a child process.
#pragma once

#include <signal.h>  // NOLINT(modernize-deprecated-headers): siginfo_t is POSIX
#include <sys/types.h>

#include <optional>

#include "runtime/drivers/process/file.h"

namespace muster::drivers {

// Readable once the process has ended; not valid when there is none.
Descriptor open_process(pid_t pid);
// A child's exit status; also takes the zombie away. Nothing for a process that is not our child or has not ended.
std::optional<siginfo_t> reap(const Descriptor& process);

}  // namespace muster::drivers
