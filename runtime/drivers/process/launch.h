// How a process of a container is started: by a supervisor that outlives the agent, or directly for a health check.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/base/error.h"
#include "runtime/drivers/process/file.h"
#include "runtime/drivers/process/record.h"

namespace muster::drivers {

struct Identity {
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;
};

// Everything the new process needs, worked out before the fork: after it nothing may allocate.
struct Launch {
  std::vector<std::string> candidates;  // paths to try, by $PATH
  std::vector<std::string> arguments;
  std::vector<std::string> environment;  // "K=V"
  std::string working_directory;
  std::optional<Identity> identity;  // absent: the agent's own
};

// Of the container itself. `scratch` is its directory when it names none.
Result<Launch> make_launch(const ProcessRecord& record, const std::string& scratch);
// Of its health check ("CMD" or "CMD-SHELL").
Result<Launch> make_health_launch(const ProcessRecord& record, const std::string& scratch);

// Of a command beside it, with the container's environment, directory and user.
Result<Launch> make_command_launch(const ProcessRecord& record, const std::string& scratch,
                                   std::vector<std::string> command);

// What a supervisor tells about the start, once, through its pipe.
struct LaunchReport {
  enum class Stage : std::int32_t { running, fork, working_directory, identity, execute };
  Stage stage = Stage::fork;
  std::int32_t error = 0;  // errno, unless running
  std::int64_t started_at_ns = 0;
};
// "exec: "/bin/nothing": No such file or directory"
std::string launch_error(const LaunchReport& report, const Launch& launch);

}  // namespace muster::drivers
