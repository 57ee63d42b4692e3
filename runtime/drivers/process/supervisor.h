// The supervisor of one container: a small process between the agent and the container's own, which outlives the agent.
// It is a fork without exec, so no secret ever stands in a command line.
//
// Files in the container's directory: "lock" (held while the supervisor lives), "run" (who runs), "exit" (how it
// ended), "control" (a FIFO: each byte is a signal number for the container), "log", "log.1" ...
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/base/error.h"
#include "runtime/drivers/process/file.h"
#include "runtime/drivers/process/launch.h"

namespace muster::drivers {

struct Supervised {
  pid_t pid = 0;      // the supervisor
  Descriptor report;  // a LaunchReport can be read from it, then it ends
};

struct LogLimits {
  std::int64_t bytes_max = 0;
  int files_max = 0;
};

// Forks the supervisor. `lock` is the locked file of the container; the supervisor keeps the lock for its lifetime.
Result<Supervised> fork_supervisor(const Launch& launch, int directory, int lock, LogLimits limits);
// Forks a process in a session of its own with no output, for a health check. Answers its pid; the caller reaps it.
Result<pid_t> fork_check(const Launch& launch);

// What a command started beside a container has as its standard streams. With a terminal all three are its slave end.
struct CommandStreams {
  int input = -1, output = -1, errors = -1;
  bool terminal = false;
};
// Forks the command in a session of its own; the caller reaps it. Fails when it cannot be executed.
Result<pid_t> fork_command(const Launch& launch, const CommandStreams& streams);

// The file "run".
struct RunRecord {
  pid_t supervisor = 0;
  std::uint64_t supervisor_start = 0;  // of /proc/PID/stat, tells a process from a later one with its pid
  pid_t process = 0;                   // the container's first, leader of its session and group
  std::uint64_t process_start = 0;
  std::int64_t started_at_ns = 0;
};
std::optional<RunRecord> parse_run(std::string_view text);

// The file "exit".
struct ExitRecord {
  int exit_code = 0;  // 128 + signal when it was killed
  std::int64_t finished_at_ns = 0;
};
std::optional<ExitRecord> parse_exit(std::string_view text);

// Ends what a killed supervisor has left of its container: the group of its first process, if it is still that one's.
void kill_left_behind(const RunRecord& run);

// Field 22 of /proc/PID/stat, 0 when there is no such process. Safe between fork and exec.
std::uint64_t process_start(pid_t pid);

}  // namespace muster::drivers
