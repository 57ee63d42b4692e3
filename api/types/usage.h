// What containers use of their host: told by agents, kept in the server's memory, never stored.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/base/time.h"
#include "api/types/meta.h"

namespace muster {

struct ContainerUsage {
  std::string name;                // of the container in its task
  std::int64_t cpu_nanocores = 0;  // over the window
  std::int64_t memory_bytes = 0;   // without what the kernel can drop at once
  bool operator==(const ContainerUsage&) const = default;
};

struct TaskUsage {
  std::string uid;
  std::vector<ContainerUsage> containers;
  bool operator==(const TaskUsage&) const = default;
};

// Of one host.
struct InstanceUsage {
  Duration window{};  // over which the CPU was measured
  std::int64_t cpu_nanocores = 0;
  std::int64_t memory_bytes = 0;
  std::vector<TaskUsage> tasks;
  bool operator==(const InstanceUsage&) const = default;
};

}  // namespace muster

// As metrics.k8s.io has it; views that api/projection makes.
namespace muster::view {

struct ContainerMetrics {
  std::string name;
  Labels usage;  // cpu, memory as quantities
  bool operator==(const ContainerMetrics&) const = default;
};
struct PodMetrics : Object {
  using base_of_kind = Object;
  Time timestamp{};
  Duration window{};
  std::vector<ContainerMetrics> containers;
};
struct NodeMetrics : Object {
  using base_of_kind = Object;
  Time timestamp{};
  Duration window{};
  Labels usage;
};

}  // namespace muster::view
