// What a task as a whole may use, when its definition or its overrides say so.
#pragma once

#include <cstdint>
#include <optional>

#include "controllers/task/desired.h"

namespace muster::task {

struct TaskLimits {
  std::int64_t cpu_shares = 0;    // beside other tasks, when the CPU is busy
  std::int64_t cpu_units = 0;     // 1024 are one core; 0: no limit
  std::int64_t memory_bytes = 0;  // 0: no limit
  bool operator==(const TaskLimits&) const = default;
};

// Nothing when neither cpu nor memory is given for the task. The definition must be known. As ECS's agent: without cpu
// the task's share is the sum of its containers', and nothing is capped.
std::optional<TaskLimits> task_limits(const DesiredTask& desired);

// How the kernel's two kinds of control groups want a share: cpu.shares, and cpu.weight (1 to 10000) as runc derives
// it.
std::int64_t kernel_shares(std::int64_t units);
std::int64_t kernel_weight(std::int64_t shares);
// Microseconds of CPU in each period of so many.
inline constexpr std::int64_t quota_period_us = 100'000;
std::int64_t quota_us(std::int64_t units);

}  // namespace muster::task
