// The Docker Engine API over its unix socket; Podman's service speaks it too.
#pragma once

#include <memory>
#include <string>

#include "api/base/error.h"
#include "runtime/drivers/base/driver.h"
#include "runtime/drivers/cgroup/usage.h"
#include "runtime/http/io_loop.h"

namespace muster::drivers {

struct DockerOptions {
  std::string host = "unix:///var/run/docker.sock";  // or "http://127.0.0.1:2375"
  std::string log_max_size = "10m";                  // of each container's json-file log
  int log_max_files = 3;
  Duration create_timeout = std::chrono::minutes(4);
  Duration start_timeout = std::chrono::minutes(3);
  Duration inspect_timeout = std::chrono::seconds(30);
  Duration remove_timeout = std::chrono::minutes(2);
  Duration stop_allowance = std::chrono::minutes(2);  // beyond the grace
  Duration pull_timeout = std::chrono::hours(2);
  Duration pull_inactivity = std::chrono::minutes(1);
  Duration reconnect_first = std::chrono::milliseconds(100);  // of the event stream, doubling up to the last
  Duration reconnect_last = std::chrono::seconds(5);
  // What containers use is read here for an engine behind a unix socket; where that fails the engine is asked.
  cgroup::Host control_groups = {};
};

// Never fails for an engine that is away: its calls do then, with Code::unavailable.
// In network mode "host" the engine maps no ports: ContainerState::ports is empty.
std::unique_ptr<Driver> make_docker_driver(http::IoLoop& loop, DockerOptions options);

}  // namespace muster::drivers
