// What the processes of a control group use, as its files say, and what goes through a process's network interfaces.
// Nothing is kept and no process is asked: some ten small files a container.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "runtime/drivers/base/driver.h"
#include "runtime/drivers/cgroup/hierarchy.h"

namespace muster::cgroup {

// Where to look; other places than the kernel's are for tests.
struct Host {
  std::string root = std::string(standard_root);
  std::string processes = "/proc";
};

// Of the container that the process belongs to. `id` is the container's: a group that does not carry it in its name is
// not the container's, since the kernel uses the numbers of processes again. Fails with Code::not_found when there is
// no such group here.
struct Container {
  std::string id;
  int process = 0;
  bool own_network = true;
};
Result<drivers::Usage> read_usage(const Host& host, const Container& container);

// Of a group by its folder in version 2's tree, or by its name below each controller of version 1. CPU and working set
// must be there; the rest is what it is.
Result<drivers::Usage> read_usage_v2(const std::string& folder);
Result<drivers::Usage> read_usage_v1(const std::string& root, const std::string& group);

// /proc/PID/net/dev, without the loopback interface; at most 32 interfaces.
std::vector<drivers::InterfaceUsage> parse_interfaces(std::string_view text);

}  // namespace muster::cgroup
