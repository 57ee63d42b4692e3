// Dynamic host ports, as ECS's agent gives them out.
#pragma once

#include <string>

#include "api/base/error.h"
#include "api/types/task_definition.h"
#include "runtime/base/random.h"

namespace muster::agent {

class Ports {
 public:
  virtual ~Ports() = default;
  // The first of so many host ports, one after the other, that nothing uses now. Another process may still be faster:
  // the start of the container then fails.
  virtual Result<int> choose(Protocol protocol, int count) = 0;
};

// True for ports that are never given out: ssh, the engine's and the agent's own.
bool reserved_port(int port);

// Of this host: from the kernel's range for ephemeral ports, tried by binding.
class HostPorts final : public Ports {
 public:
  // Starts at a random place, so that several agents of one host seldom meet.
  HostPorts(Random& random, int first, int last);
  Result<int> choose(Protocol protocol, int count) override;

 private:
  int first_, last_;
  int given_;  // the last one
};

struct PortRange {
  int first = 49153, last = 65535;
};
// The text of /proc/sys/net/ipv4/ip_local_port_range; the default when it cannot be understood.
PortRange parse_port_range(const std::string& text);
// This host's.
PortRange host_port_range();

}  // namespace muster::agent
