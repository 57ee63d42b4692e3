// The sizes of a task as ECS writes them: texts such as "512", "0.5 vCPU", "1GB".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace muster {

// CPU units (1024 a core) of "512", "1 vCPU", "0.5vcpu". Nothing when malformed, not a whole number of units, or beyond
// 196608 (ECS's highest).
std::optional<std::int64_t> parse_cpu(std::string_view text);
// MiB of "512", "1GB", "0.5 GB". Nothing when malformed or not a whole number of MiB.
std::optional<std::int64_t> parse_memory(std::string_view text);
// A number of GPUs: "1" to "128".
std::optional<std::int64_t> parse_gpu_count(std::string_view text);

// For patterns of descriptions.
bool is_gpu_count(std::string_view text);
bool is_cpu(std::string_view text);
bool is_memory(std::string_view text);

}  // namespace muster
