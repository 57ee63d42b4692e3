#include "api/projection/metrics.h"

#include "api/base/text.h"

namespace muster::projection {

namespace {

// "1234567n", "20Ki": as Kubernetes' own metrics server writes them.
Labels usage_quantities(std::int64_t cpu_nanocores, std::int64_t memory_bytes) {
  constexpr std::int64_t kib = 1024;
  return {{"cpu", cpu_nanocores == 0 ? std::string("0") : str(cpu_nanocores, "n")},
          {"memory", str(memory_bytes / kib, "Ki")}};
}

}  // namespace

void fill(view::PodMetrics& metrics, const TaskUsage& usage, Time at, Duration window) {
  metrics.timestamp = at;
  metrics.window = window;
  metrics.containers.clear();
  for (const ContainerUsage& each : usage.containers) {
    metrics.containers.push_back({each.name, usage_quantities(each.cpu_nanocores, each.memory_bytes)});
  }
}

void fill(view::NodeMetrics& metrics, const InstanceUsage& usage, Time at) {
  metrics.timestamp = at;
  metrics.window = usage.window;
  metrics.usage = usage_quantities(usage.cpu_nanocores, usage.memory_bytes);
}

}  // namespace muster::projection
