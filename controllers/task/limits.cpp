#include "controllers/task/limits.h"

#include <algorithm>

#include "api/base/assert.h"
#include "api/types/overrides.h"
#include "api/types/task_size.h"

namespace muster::task {
namespace {

constexpr std::int64_t units_per_core = 1024;
constexpr std::int64_t mib = 1 << 20;
constexpr std::int64_t fewest_shares = 2, most_shares = 262'144;
constexpr std::int64_t least_quota_us = 1'000;  // the kernel's

}  // namespace

std::optional<TaskLimits> task_limits(const DesiredTask& desired) {
  MUSTER_ASSERT(desired.definition != nullptr);
  const TaskOverride& overrides = desired.spec.overrides;
  const auto cpu = parse_cpu(overrides.cpu.empty() ? desired.definition->cpu : overrides.cpu);
  const auto memory = parse_memory(overrides.memory.empty() ? desired.definition->memory : overrides.memory);
  if (!cpu && !memory) return std::nullopt;
  TaskLimits limits;
  limits.memory_bytes = memory.value_or(0) * mib;
  limits.cpu_units = cpu.value_or(0);
  std::int64_t shares = limits.cpu_units;
  if (shares == 0) {
    for (const ContainerDefinition& each : overridden(*desired.definition, overrides).container_definitions) {
      shares += std::max<std::int64_t>(fewest_shares, each.cpu);
    }
  }
  limits.cpu_shares = kernel_shares(shares);
  return limits;
}

std::int64_t kernel_shares(std::int64_t units) {
  return std::clamp(units, fewest_shares, most_shares);
}

std::int64_t kernel_weight(std::int64_t shares) {
  return 1 + (kernel_shares(shares) - fewest_shares) * 9'999 / (most_shares - fewest_shares);
}

std::int64_t quota_us(std::int64_t units) {
  return std::max(least_quota_us, units * quota_period_us / units_per_core);
}

}  // namespace muster::task
