#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/text.h"
#include "runtime/base/file.h"
#include "runtime/base/metrics.h"

namespace muster::metrics {

namespace {

constexpr std::size_t max_proc_bytes = 1U << 20U;

std::size_t count_entries(const char* path) {
  DIR* folder = ::opendir(path);
  if (folder == nullptr) return 0;
  std::size_t count = 0;
  while (const dirent* entry = ::readdir(folder)) {  // NOLINT: a DIR of our own
    if (entry->d_name[0] != '.') ++count;
  }
  ::closedir(folder);
  return count > 0 ? count - 1 : 0;  // without the one that was just used for looking
}

// Seconds since the epoch at which the machine started.
double boot_time() {
  const Result<std::string> text = read_file("/proc/stat", max_proc_bytes);
  if (!text.ok()) return 0;
  constexpr std::string_view name = "\nbtime ";
  const std::size_t at = text->find(name);
  if (at == std::string::npos) return 0;
  const std::string_view rest = std::string_view(*text).substr(at + name.size());
  return static_cast<double>(parse_int(rest.substr(0, rest.find('\n'))).value_or(0));
}

// The fields of /proc/self/stat from the third on: the second is a name that may contain anything but ends with ')'.
struct Stat {
  std::string text;
  std::vector<std::string_view> fields;
  double number(std::size_t field) const {  // counted as proc(5) does
    const std::size_t index = field - 3;
    return index < fields.size() ? static_cast<double>(parse_int(fields[index]).value_or(0)) : 0;
  }
};

void one(Samples& samples, Kind kind, const char* name, const char* help, double value) {
  samples.family(kind, name, help);
  samples.add({}, value);
}

void collect_process(Samples& samples) {
  Result<std::string> text = read_file("/proc/self/stat", max_proc_bytes);
  if (text.ok() && text->rfind(')') != std::string::npos) {
    Stat stat{std::move(text).value(), {}};
    stat.fields = split(trim(std::string_view(stat.text).substr(stat.text.rfind(')') + 1)), ' ');
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    one(samples, Kind::counter, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
        (stat.number(14) + stat.number(15)) / ticks);
    one(samples, Kind::gauge, "process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
        boot_time() + stat.number(22) / ticks);
    one(samples, Kind::gauge, "process_virtual_memory_bytes", "Virtual memory size in bytes.", stat.number(23));
    one(samples, Kind::gauge, "process_resident_memory_bytes", "Resident memory size in bytes.",
        stat.number(24) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  }
  one(samples, Kind::gauge, "process_open_fds", "Number of open file descriptors.",
      static_cast<double>(count_entries("/proc/self/fd")));
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    one(samples, Kind::gauge, "process_max_fds", "Maximum number of open file descriptors.",
        static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace

Collector process_collector() {
  return collect_process;
}

}  // namespace muster::metrics
