#include "runtime/drivers/process/usage.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "api/base/text.h"
#include "runtime/drivers/process/file.h"

namespace muster::drivers {

std::optional<ProcessUsage> parse_process_usage(std::string_view stat, Duration clock_tick, std::int64_t page_bytes) {
  // proc(5), counted from the third field: the second is the program's name, which may hold anything.
  constexpr std::size_t session = 3, user = 11, system = 12, children_user = 13, children_system = 14, resident = 21;
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  const std::vector<std::string_view> fields = split(trim(stat.substr(name_end + 1)), ' ');
  if (fields.size() <= resident) return std::nullopt;
  const auto number = [&](std::size_t at) { return parse_int(fields[at]).value_or(0); };
  ProcessUsage out;
  out.session = static_cast<pid_t>(number(session));
  out.usage.cpu = clock_tick * (number(user) + number(system) + number(children_user) + number(children_system));
  out.usage.memory_bytes = number(resident) * page_bytes;
  return out;
}

std::map<pid_t, Usage> session_usages() {
  const Duration second = std::chrono::seconds(1);
  const Duration tick = second / std::max(1L, ::sysconf(_SC_CLK_TCK));
  const std::int64_t page = ::sysconf(_SC_PAGE_SIZE);
  std::map<pid_t, Usage> out;
  std::error_code failed;
  for (auto each = std::filesystem::directory_iterator("/proc", failed);
       !failed && each != std::filesystem::directory_iterator(); each.increment(failed)) {
    const std::string name = each->path().filename().string();
    if (!parse_int(name)) continue;
    const auto stat = read_file(each->path().string() + "/stat");
    if (!stat.ok()) continue;  // it has ended meanwhile
    const auto process = parse_process_usage(*stat, tick, page);
    if (!process) continue;
    Usage& sum = out[process->session];
    sum.cpu += process->usage.cpu;
    sum.memory_bytes += process->usage.memory_bytes;
  }
  return out;
}

}  // namespace muster::drivers
