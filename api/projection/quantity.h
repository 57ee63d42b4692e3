// Amounts and protocols as Kubernetes writes them.
#pragma once

#include <cstdint>
#include <string>

#include "api/types/task_definition.h"

namespace muster::projection {

// Of ECS's CPU units, 1024 a core: "2", "250m".
std::string cpu_quantity(std::int64_t units);
// Of MiB: "512Mi".
std::string memory_quantity(std::int64_t mib);
// "TCP", "UDP"
std::string_view protocol_name(Protocol protocol);

}  // namespace muster::projection
