#include "runtime/agent/capacity.h"

#include <sched.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>

#include <algorithm>
#include <thread>

#include "api/base/text.h"
#include "runtime/base/file.h"

namespace muster::agent {
namespace {

constexpr std::int64_t units_per_core = 1024;
constexpr std::int64_t mib = 1 << 20;

std::int64_t usable_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
  return std::max(1U, std::thread::hardware_concurrency());
}

std::string architecture() {
  utsname names{};
  if (::uname(&names) != 0) return "x86_64";
  const std::string machine = names.machine;
  return machine == "aarch64" ? "arm64" : machine;
}

void set(std::vector<Attribute>& attributes, const std::string& name, const std::string& value) {
  const auto found = std::ranges::find(attributes, name, &Attribute::name);
  if (found == attributes.end()) {
    attributes.push_back(Attribute{name, value});
  } else {
    found->value = value;
  }
}

}  // namespace

std::optional<std::int64_t> memory_field(std::string_view meminfo, std::string_view name) {
  constexpr std::int64_t kib = 1024;
  for (const std::string_view line : split(meminfo, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || line.substr(0, colon) != name) continue;
    const std::string_view value = trim(line.substr(colon + 1));
    const auto number = parse_int(value.substr(0, value.find(' ')));
    return number ? std::optional<std::int64_t>(*number * kib) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<image::Disk> disk_of(const std::string& folder) {
  struct statvfs numbers {};
  if (::statvfs(folder.c_str(), &numbers) != 0) return std::nullopt;
  const auto unit = static_cast<std::int64_t>(numbers.f_frsize);
  // Without what only root may fill.
  const auto reserved = static_cast<std::int64_t>(numbers.f_bfree - numbers.f_bavail);
  image::Disk disk;
  disk.total_bytes = (static_cast<std::int64_t>(numbers.f_blocks) - reserved) * unit;
  disk.free_bytes = static_cast<std::int64_t>(numbers.f_bavail) * unit;
  return disk;
}

HostFacts host_facts() {
  HostFacts facts;
  facts.cpus = usable_cores();
  const auto meminfo = read_file("/proc/meminfo", 64U << 10U);
  if (meminfo.ok()) facts.memory_mib = memory_field(*meminfo, "MemTotal").value_or(0) / mib;
  facts.architecture = architecture();
  return facts;
}

std::vector<InstanceResource> resources_of(const HostFacts& host, const drivers::Info& engine) {
  const std::int64_t cpus = engine.cpus > 0 ? engine.cpus : host.cpus;
  const std::int64_t memory = engine.memory_bytes > 0 ? engine.memory_bytes / mib : host.memory_mib;
  std::vector<InstanceResource> out = {
      InstanceResource{"CPU", "INTEGER", cpus * units_per_core, {}}, InstanceResource{"MEMORY", "INTEGER", memory, {}},
      // In use before any task: what no task may ask for.
      InstanceResource{"PORTS", "STRINGSET", 0, {"22", "2375", "2376", "51678", "51679", "51680"}},
      InstanceResource{"PORTS_UDP", "STRINGSET", 0, {}}};
  if (!host.gpus.empty()) out.push_back(InstanceResource{"GPU", "STRINGSET", 0, host.gpus});
  return out;
}

std::vector<Attribute> attributes_of(const HostFacts& host, const drivers::Info& engine, const std::string& zone,
                                     const std::vector<Attribute>& more) {
  std::vector<Attribute> attributes;
  set(attributes, "ecs.os-type", "linux");
  set(attributes, "ecs.os-family", "LINUX");
  set(attributes, "ecs.cpu-architecture", host.architecture);
  if (!zone.empty()) set(attributes, "ecs.availability-zone", zone);
  for (const auto& [name, value] : engine.attributes) set(attributes, name, value);
  for (const Attribute& attribute : more) set(attributes, attribute.name, attribute.value);
  return attributes;
}

}  // namespace muster::agent
