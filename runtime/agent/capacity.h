// What a host offers, in ECS's words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/types/cluster.h"
#include "controllers/image/cleanup.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

struct HostFacts {
  std::int64_t cpus = 0;
  std::int64_t memory_mib = 0;
  std::string architecture;       // "x86_64", "arm64"
  std::vector<std::string> gpus;  // that tasks may have
};
// Of this machine; which GPUs are for tasks others decide.
HostFacts host_facts();
// Of the disk that the folder is on; nothing when there is no such folder here.
std::optional<image::Disk> disk_of(const std::string& folder);
// A field of /proc/meminfo's text, as in "MemTotal", in bytes; nothing when it is not there.
std::optional<std::int64_t> memory_field(std::string_view meminfo, std::string_view name);

// What the engine says about its host goes before what this process sees.
std::vector<InstanceResource> resources_of(const HostFacts& host, const drivers::Info& engine);
// ecs.os-type and the like, the engine's capabilities, then `more`. An empty zone is left out.
std::vector<Attribute> attributes_of(const HostFacts& host, const drivers::Info& engine, const std::string& zone,
                                     const std::vector<Attribute>& more);

}  // namespace muster::agent
