#include "api/types/task_size.h"

#include <string>

#include "api/base/text.h"

namespace muster {
namespace {

constexpr std::int64_t highest_cpu = 196'608;
constexpr std::int64_t most_gpus = 128;
constexpr std::int64_t highest_memory = std::int64_t{1} << 30;  // one PiB

// "1.5" times `factor`, exactly. Nothing when malformed, negative or not whole.
std::optional<std::int64_t> scaled(std::string_view number, std::int64_t factor) {
  const auto point = number.find('.');
  const std::string_view whole = number.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? std::string_view() : number.substr(point + 1);
  if ((point != std::string_view::npos && fraction.empty()) || whole.size() > 10 || fraction.size() > 6) {
    return std::nullopt;
  }
  if (number.find('-') != std::string_view::npos) return std::nullopt;
  const auto before = parse_int(whole);
  const auto after = fraction.empty() ? std::optional<std::int64_t>(0) : parse_int(fraction);
  if (!before || !after) return std::nullopt;
  std::int64_t divisor = 1;
  for (std::size_t i = 0; i < fraction.size(); ++i) divisor *= 10;
  const std::int64_t part = *after * factor;
  if (part % divisor != 0) return std::nullopt;
  return *before * factor + part / divisor;
}

// The number before `unit`, in any case; nothing when the text does not end with it.
std::optional<std::string_view> before_unit(std::string_view text, std::string_view unit) {
  if (text.size() <= unit.size()) return std::nullopt;
  if (to_lower(text.substr(text.size() - unit.size())) != unit) return std::nullopt;
  return trim(text.substr(0, text.size() - unit.size()));
}

std::optional<std::int64_t> parse(std::string_view text, std::string_view unit, std::int64_t highest) {
  text = trim(text);
  const auto number = before_unit(text, unit);
  const auto value = number ? scaled(*number, 1024) : scaled(text.find('.') == std::string_view::npos ? text : "", 1);
  if (!value || *value <= 0 || *value > highest) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::int64_t> parse_cpu(std::string_view text) {
  return parse(text, "vcpu", highest_cpu);
}
std::optional<std::int64_t> parse_memory(std::string_view text) {
  return parse(text, "gb", highest_memory);
}
std::optional<std::int64_t> parse_gpu_count(std::string_view text) {
  if (text.empty() || text.size() > 3 || text.find_first_not_of("0123456789") != std::string_view::npos) return {};
  const auto value = parse_int(text);
  return value && *value >= 1 && *value <= most_gpus ? value : std::nullopt;
}
bool is_gpu_count(std::string_view text) {
  return parse_gpu_count(text).has_value();
}
bool is_cpu(std::string_view text) {
  return parse_cpu(text).has_value();
}
bool is_memory(std::string_view text) {
  return parse_memory(text).has_value();
}

}  // namespace muster
