#include "runtime/drivers/cgroup/usage.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>

#include "api/base/text.h"

namespace muster::cgroup {
namespace {

constexpr std::size_t max_file_bytes = 16U << 10U;
constexpr std::size_t most_interfaces = 32;
// Version 1 writes "no limit" as the largest number that is a multiple of a page.
constexpr std::int64_t no_limit_v1 = std::numeric_limits<std::int64_t>::max() - (std::int64_t{1} << 20);

// A whole small file. A thousand of them are read every round: no large buffer is made for each.
std::optional<std::string> text_of(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::array<char, max_file_bytes> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the kernel
  std::size_t size = 0;
  bool whole = false;
  while (!whole && size < buffer.size()) {
    const ssize_t got = ::read(file, buffer.data() + size, buffer.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    size += static_cast<std::size_t>(got);
    whole = got == 0;
  }
  ::close(file);
  return whole ? std::optional<std::string>(std::in_place, buffer.data(), size) : std::nullopt;
}

std::optional<std::int64_t> counted(std::string_view word) {
  const auto number = parse_int(trim(word));
  return number && *number >= 0 ? number : std::nullopt;
}

// A file with one number; nothing for "max".
std::optional<std::int64_t> number_in(const std::string& path) {
  const auto text = text_of(path);
  return text ? counted(*text) : std::nullopt;
}

// The number behind the key in lines of "key number".
std::optional<std::int64_t> field(std::string_view text, std::string_view key) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ')
      return counted(line.substr(key.size()));
    at = end + 1;
  }
  return std::nullopt;
}
std::int64_t field_or_zero(std::string_view text, std::string_view key) {
  return field(text, key).value_or(0);
}

// A sum cannot leave the range, whatever a file says.
void add(std::int64_t& sum, std::int64_t number) {
  sum =
      number > std::numeric_limits<std::int64_t>::max() - sum ? std::numeric_limits<std::int64_t>::max() : sum + number;
}

template <class Unit>
Duration time_of(std::int64_t number) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / Duration(Unit(1)).count();
  return Unit(std::min(number, most));
}
using Microseconds = std::chrono::duration<std::int64_t, std::micro>;
using Nanoseconds = std::chrono::duration<std::int64_t, std::nano>;

Error missing(const std::string& path) {
  return Error{Code::not_found, str("cannot read the control group's ", path), {}};
}

// "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0", a line a device.
drivers::DiskUsage parse_io_v2(std::string_view text) {
  drivers::DiskUsage out;
  for (const std::string_view line : split(text, '\n')) {
    for (const std::string_view word : split(line, ' ')) {
      const std::size_t equals = word.find('=');
      if (equals == std::string_view::npos) continue;
      const std::int64_t number = counted(word.substr(equals + 1)).value_or(0);
      const std::string_view key = word.substr(0, equals);
      if (key == "rbytes") add(out.read_bytes, number);
      if (key == "wbytes") add(out.written_bytes, number);
      if (key == "rios") add(out.reads, number);
      if (key == "wios") add(out.writes, number);
    }
  }
  return out;
}

// "8:0 Read 1", "8:0 Write 2" and others, a line a device and direction.
void parse_io_v1(std::string_view text, std::int64_t& read, std::int64_t& written) {
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string_view> words = split(line, ' ');
    if (words.size() != 3) continue;
    const std::int64_t number = counted(words[2]).value_or(0);
    if (words[1] == "Read") add(read, number);
    if (words[1] == "Write") add(written, number);
  }
}

}  // namespace

Result<drivers::Usage> read_usage_v2(const std::string& folder) {
  const auto cpu = text_of(folder + "/cpu.stat");
  const auto used = cpu ? field(*cpu, "usage_usec") : std::nullopt;
  if (!used) return missing(folder + "/cpu.stat");
  const auto memory = text_of(folder + "/memory.stat");
  const auto current = number_in(folder + "/memory.current");
  if (!memory || !current) return missing(folder + "/memory.current");
  drivers::Usage out;
  out.cpu = time_of<Microseconds>(*used);
  out.memory_bytes = std::max<std::int64_t>(*current - field_or_zero(*memory, "inactive_file"), 0);

  drivers::CpuQuota& quota = out.quota.emplace();
  quota.periods = field_or_zero(*cpu, "nr_periods");
  quota.held_up = field_or_zero(*cpu, "nr_throttled");
  quota.held_up_for = time_of<Microseconds>(field_or_zero(*cpu, "throttled_usec"));
  if (const auto text = text_of(folder + "/cpu.max")) {  // "max 100000" or "50000 100000"
    const std::vector<std::string_view> words = split(trim(*text), ' ');
    const auto most = counted(words[0]), period = words.size() > 1 ? counted(words[1]) : std::nullopt;
    if (most && period) {
      quota.quota = time_of<Microseconds>(*most);
      quota.period = time_of<Microseconds>(*period);
    }
  }

  drivers::MemoryUsage& bytes = out.memory.emplace();
  bytes.usage = *current;
  bytes.rss = field_or_zero(*memory, "anon");
  bytes.cache = field_or_zero(*memory, "file");
  bytes.swap = number_in(folder + "/memory.swap.current").value_or(0);
  bytes.limit = number_in(folder + "/memory.max").value_or(0);
  bytes.highest = number_in(folder + "/memory.peak").value_or(0);

  if (const auto text = text_of(folder + "/io.stat")) out.disk = parse_io_v2(*text);
  out.processes = number_in(folder + "/pids.current");
  if (const auto text = text_of(folder + "/memory.events")) out.out_of_memory_kills = field(*text, "oom_kill");
  return out;
}

Result<drivers::Usage> read_usage_v1(const std::string& root, const std::string& group) {
  const std::string memory = folder_of(root, "memory", group), cpu = folder_of(root, "cpu", group),
                    blocks = folder_of(root, "blkio", group);
  const std::string used_file = folder_of(root, "cpuacct", group) + "/cpuacct.usage";
  const auto used = number_in(used_file);
  if (!used) return missing(used_file);
  const auto details = text_of(memory + "/memory.stat");
  const auto current = number_in(memory + "/memory.usage_in_bytes");
  if (!details || !current) return missing(memory + "/memory.usage_in_bytes");
  // With the groups below it where the kernel counts those together.
  const auto whole = [&](std::string_view key) {
    const auto total = field(*details, str("total_", key));
    return total ? *total : field_or_zero(*details, key);
  };
  drivers::Usage out;
  out.cpu = time_of<Nanoseconds>(*used);
  out.memory_bytes = std::max<std::int64_t>(*current - whole("inactive_file"), 0);

  if (const auto text = text_of(cpu + "/cpu.stat")) {
    drivers::CpuQuota& quota = out.quota.emplace();
    quota.periods = field_or_zero(*text, "nr_periods");
    quota.held_up = field_or_zero(*text, "nr_throttled");
    quota.held_up_for = time_of<Nanoseconds>(field_or_zero(*text, "throttled_time"));
    // Without a quota it is -1.
    const auto most = number_in(cpu + "/cpu.cfs_quota_us");
    const auto period = most ? number_in(cpu + "/cpu.cfs_period_us") : std::nullopt;
    if (most && period) {
      quota.quota = time_of<Microseconds>(*most);
      quota.period = time_of<Microseconds>(*period);
    }
  }

  drivers::MemoryUsage& bytes = out.memory.emplace();
  bytes.usage = *current;
  bytes.rss = whole("rss");
  bytes.cache = whole("cache");
  bytes.swap = whole("swap");
  bytes.limit = number_in(memory + "/memory.limit_in_bytes").value_or(0);
  if (bytes.limit >= no_limit_v1) bytes.limit = 0;
  bytes.highest = number_in(memory + "/memory.max_usage_in_bytes").value_or(0);

  const auto bytes_moved = text_of(blocks + "/blkio.throttle.io_service_bytes_recursive");
  const auto operations = text_of(blocks + "/blkio.throttle.io_serviced_recursive");
  if (bytes_moved && operations) {
    drivers::DiskUsage& disk = out.disk.emplace();
    parse_io_v1(*bytes_moved, disk.read_bytes, disk.written_bytes);
    parse_io_v1(*operations, disk.reads, disk.writes);
  }
  out.processes = number_in(folder_of(root, "pids", group) + "/pids.current");
  if (const auto text = text_of(memory + "/memory.oom_control")) out.out_of_memory_kills = field(*text, "oom_kill");
  return out;
}

Result<drivers::Usage> read_usage(const Host& host, const Container& container) {
  const std::string process = str(host.processes, '/', container.process);
  const auto text = container.process > 0 ? text_of(process + "/cgroup") : std::nullopt;
  if (!text) return missing(process + "/cgroup");
  const Membership membership = parse_membership(*text);
  const int version = mounted_version(host.root);
  std::string group = membership.unified;
  if (version == 1) {
    const auto found = membership.controllers.find("memory");
    group = found == membership.controllers.end() ? std::string() : found->second;
  }
  group = group_of(group, container.id);
  if (group.empty() || version == 0) {
    return Error{Code::not_found, str("process ", container.process, " is in no control group of the container"), {}};
  }
  Result<drivers::Usage> usage =
      version == 2 ? read_usage_v2(folder_of(host.root, {}, group)) : read_usage_v1(host.root, group);
  if (!usage.ok() || !container.own_network) return usage;
  if (const auto devices = text_of(process + "/net/dev")) usage->network = parse_interfaces(*devices);
  return usage;
}

std::vector<drivers::InterfaceUsage> parse_interfaces(std::string_view text) {
  // "  eth0: bytes packets errs drop fifo frame compressed multicast bytes packets errs drop ...", below two headers.
  constexpr std::size_t received = 0, sent = 8, needed = 12;
  std::vector<drivers::InterfaceUsage> out;
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::vector<std::int64_t> numbers;
    bool whole = true;
    for (const std::string_view word : split(line.substr(colon + 1), ' ')) {
      if (word.empty() || numbers.size() == needed) continue;
      const auto number = counted(word);
      whole = whole && number.has_value();
      numbers.push_back(number.value_or(0));
    }
    drivers::InterfaceUsage one;
    one.name = std::string(trim(line.substr(0, colon)));
    if (!whole || numbers.size() < needed || one.name == "lo" || one.name.empty()) continue;
    one.received = {numbers[received], numbers[received + 1], numbers[received + 2], numbers[received + 3]};
    one.sent = {numbers[sent], numbers[sent + 1], numbers[sent + 2], numbers[sent + 3]};
    out.push_back(std::move(one));
    if (out.size() == most_interfaces) break;
  }
  return out;
}

}  // namespace muster::cgroup
