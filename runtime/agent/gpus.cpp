#include "runtime/agent/gpus.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "api/base/text.h"
#include "runtime/base/file.h"

namespace muster::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_gpus = 128;
constexpr std::size_t longest_name = 64;
constexpr std::size_t information_bytes = 64U << 10U;

// "GPU UUID:   GPU-...": the value of the field, or nothing.
std::string_view field_of(std::string_view text, std::string_view name) {
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && trim(line.substr(0, colon)) == name) return trim(line.substr(colon + 1));
  }
  return {};
}

bool is_gpu_name(std::string_view text) {
  const auto legal = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  };
  return !text.empty() && text.size() <= longest_name && std::ranges::all_of(text, legal);
}

// "nvidia0" -> 0; nothing for "nvidiactl".
std::optional<std::int64_t> number_of(std::string_view file) {
  constexpr std::string_view prefix = "nvidia";
  if (!file.starts_with(prefix)) return std::nullopt;
  file.remove_prefix(prefix.size());
  if (file.empty() || file.size() > 3 || file.find_first_not_of("0123456789") != std::string_view::npos) return {};
  return parse_int(file);
}

}  // namespace

Gpus host_gpus(const std::string& driver_folder, const std::string& device_folder) {
  std::map<std::int64_t, std::string> found;  // by the number of the device file
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(driver_folder, failed)) {
    const auto text = read_file(entry.path() / "information", information_bytes);
    if (!text.ok()) continue;
    const auto number = parse_int(field_of(*text, "Device Minor"));
    const std::string_view name = field_of(*text, "GPU UUID");
    // Before the driver has been used it prints question marks.
    if (number && is_gpu_name(name)) found.emplace(*number, name);
  }
  for (const auto& entry : fs::directory_iterator(device_folder, failed)) {
    if (const auto number = number_of(entry.path().filename().string())) {
      found.emplace(*number, std::to_string(*number));
    }
  }
  Gpus out;
  for (auto& [number, name] : found) {
    if (out.size() < most_gpus) out.push_back(std::move(name));
  }
  return out;
}

Gpus host_gpus() {
  return host_gpus("/proc/driver/nvidia/gpus", "/dev");
}

Result<Gpus> parse_gpus(std::string_view text) {
  Gpus out;
  for (const std::string_view part : split(text, ',')) {
    const std::string name(trim(part));
    if (!is_gpu_name(name)) {
      return Error{Code::malformed, str('"', name, "\" is no GPU: names or numbers, separated by commas"), {}};
    }
    if (std::ranges::find(out, name) != out.end()) return Error{Code::malformed, str(name, " stands there twice"), {}};
    out.push_back(name);
  }
  if (out.size() > most_gpus) return Error{Code::malformed, str("at most ", most_gpus, " GPUs"), {}};
  return out;
}

Result<Gpus> choose_gpus(const Gpus& all, const std::set<std::string>& taken, std::size_t count) {
  Gpus out;
  for (const std::string& each : all) {
    if (out.size() < count && !taken.contains(each)) out.push_back(each);
  }
  if (out.size() == count) return out;
  return Error{Code::too_many,
               str("ResourceInitializationError: needs ", count, " GPUs, and ", out.size(), " of the host's ",
                   all.size(), " are free"),
               {}};
}

}  // namespace muster::agent
