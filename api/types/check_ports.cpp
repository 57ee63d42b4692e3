// ECS's rules for port mappings.
#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "api/base/text.h"
#include "api/schema/describe.h"
#include "api/types/checks.h"
#include "api/types/host_names.h"

namespace muster {
namespace {

// Ports that no task may take: ssh, the Docker Engine, the agent.
constexpr std::array<std::int32_t, 6> reserved_ports = {22, 2375, 2376, 51'678, 51'679, 51'680};
constexpr std::size_t most_ranges = 100;   // ECS quota, of a container
constexpr std::int32_t most_ports = 1000;  // of a container's ranges: the engine has some work with each

using HostPorts = std::set<std::pair<Protocol, std::int32_t>>;

// One host port of one container.
void check_host_port(const TaskDefinitionSpec& spec, const PortMapping& mapping, const Findings& at, HostPorts& taken) {
  if (spec.network_mode == NetworkMode::host && mapping.host_port != 0 && mapping.host_port != mapping.container_port) {
    at.invalid("hostPort", mapping.host_port,
               str("must be absent or equal to containerPort (", mapping.container_port, ") with networkMode host"));
    return;
  }
  const bool host = spec.network_mode == NetworkMode::host;
  const std::int32_t port = host ? mapping.container_port : mapping.host_port;
  if (port == 0) return;
  const std::string_view field = host && mapping.host_port == 0 ? "containerPort" : "hostPort";
  if (std::find(reserved_ports.begin(), reserved_ports.end(), port) != reserved_ports.end()) {
    at.invalid(field, port, "is reserved on every host (22, 2375, 2376, 51678, 51679, 51680)");
  }
  if (!taken.emplace(mapping.protocol, port).second) at.duplicate(field, port);
}

void check_range(const TaskDefinitionSpec& spec, const PortMapping& mapping, const Findings& at) {
  const auto span = parse_port_span(*mapping.container_port_range);
  if (span && mapping.container_port != span->first) {
    at.invalid("containerPort", mapping.container_port,
               str("must be absent or the first port of containerPortRange (", span->first, ")"));
  }
  if (spec.network_mode != NetworkMode::bridge) {
    at.forbidden("containerPortRange", str("may not be used with networkMode ", name_of(spec.network_mode)));
  }
  if (mapping.host_port != 0) {
    at.forbidden("hostPort", "may not be used with containerPortRange: the agent picks the ports of the host");
  }
}

// The ranges of one container, over each other and over its single ports.
void check_overlaps(const ContainerDefinition& container, const Findings& at) {
  struct Taken {
    Protocol protocol;
    PortSpan span;
  };
  std::vector<Taken> all;
  std::size_t ranges = 0;
  std::int32_t ports = 0;
  const auto span_of = [](const PortMapping& mapping) {
    return mapping.container_port_range ? parse_port_span(*mapping.container_port_range).value_or(PortSpan{0, -1})
                                        : PortSpan{mapping.container_port, mapping.container_port};
  };
  for (std::size_t i = 0; i < container.port_mappings.size(); ++i) {
    const PortMapping& mapping = container.port_mappings[i];
    const PortSpan span = span_of(mapping);
    if (span.first == 0) continue;
    if (mapping.container_port_range) {
      ++ranges;
      ports += span.size();
    }
    const auto overlap = std::ranges::find_if(all, [&](const Taken& other) {
      return other.protocol == mapping.protocol && other.span.first <= span.last && span.first <= other.span.last;
    });
    // Two equal single ports are found as items of the same key.
    if (overlap != all.end() && (span.size() > 1 || overlap->span.size() > 1)) {
      const std::string_view field = mapping.container_port_range ? "containerPortRange" : "containerPort";
      at.under("portMappings", i)
          .invalid(field, mapping.container_port_range.value_or(str(mapping.container_port)),
                   str("overlaps the ports ", overlap->span.first, " to ", overlap->span.last,
                       " of another mapping of the container"));
    }
    all.push_back(Taken{mapping.protocol, span});
  }
  if (ranges > most_ranges) at.invalid("portMappings", str(ranges, " ranges"), str("must have at most ", most_ranges));
  if (ports > most_ports) {
    at.invalid("portMappings", str(ports, " ports in ranges"), str("must have at most ", most_ports));
  }
}

}  // namespace

void check_ports(const TaskDefinitionSpec& spec, const Findings& findings) {
  HostPorts taken;
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < spec.container_definitions.size(); ++i) {
    const ContainerDefinition& container = spec.container_definitions[i];
    const Findings at = findings.under("containerDefinitions", i);
    if (spec.network_mode == NetworkMode::none && !container.port_mappings.empty()) {
      at.forbidden("portMappings", "may not be used with networkMode none");
      continue;
    }
    if (container.disable_networking && !container.port_mappings.empty()) {
      at.forbidden("portMappings", "may not be used with disableNetworking");
      continue;
    }
    for (std::size_t j = 0; j < container.port_mappings.size(); ++j) {
      const PortMapping& mapping = container.port_mappings[j];
      const Findings here = at.under("portMappings", j);
      if (mapping.container_port_range) {
        check_range(spec, mapping, here);
      } else if (mapping.container_port == 0) {
        here.required("containerPort", "a port, or containerPortRange");
      } else {
        check_host_port(spec, mapping, here, taken);
      }
      if (!mapping.name.empty() && !names.insert(mapping.name).second) here.duplicate("name", mapping.name);
    }
    check_overlaps(container, at);
  }
}

}  // namespace muster
