#include "runtime/agent/container_metrics.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "api/base/text.h"

namespace muster::agent {
namespace {

using drivers::InterfaceUsage;
using drivers::PacketCounts;

// A whole number, or nanoseconds that are written as seconds.
struct Value {
  std::int64_t number = 0;
  bool nanoseconds = false;
};
using Known = std::optional<Value>;

Known whole(std::int64_t number) {
  return Value{number, false};
}
Known seconds(Duration duration) {
  return Value{duration.count(), true};
}

struct Family {
  std::string_view name, type, help;
  Known (*value)(const ContainerSample& sample);
  std::string_view label = {};  // one more, as it is written
};

constexpr std::string_view counter = "counter", gauge = "gauge";

// A part of what is used, where the driver knows it.
template <class Part, class Pick>
Known of(const std::optional<Part>& part, Pick pick) {
  return part ? Known(pick(*part)) : std::nullopt;
}

// NOLINTBEGIN(readability-identifier-length): one letter a line says no less
constexpr std::array<Family, 22> families{{
    {"container_cpu_usage_seconds_total", counter, "CPU time used.",
     [](const ContainerSample& s) { return seconds(s.usage.cpu); }, "cpu=\"total\""},
    {"container_cpu_cfs_periods_total", counter, "Periods of the scheduler in which the container ran.",
     [](const ContainerSample& s) { return of(s.usage.quota, [](const auto& q) { return whole(q.periods); }); }},
    {"container_cpu_cfs_throttled_periods_total", counter, "Periods in which its CPU quota held it up.",
     [](const ContainerSample& s) { return of(s.usage.quota, [](const auto& q) { return whole(q.held_up); }); }},
    {"container_cpu_cfs_throttled_seconds_total", counter, "Time for which its CPU quota held it up.",
     [](const ContainerSample& s) { return of(s.usage.quota, [](const auto& q) { return seconds(q.held_up_for); }); }},
    {"container_spec_cpu_quota", gauge, "CPU quota in microseconds a period; none without one.",
     [](const ContainerSample& s) {
       return of(s.usage.quota,
                 [](const auto& q) { return q.quota.count() == 0 ? Known() : whole(q.quota.count() / 1000); });
     }},
    {"container_spec_cpu_period", gauge, "Period of the CPU quota in microseconds; none without one.",
     [](const ContainerSample& s) {
       return of(s.usage.quota,
                 [](const auto& q) { return q.quota.count() == 0 ? Known() : whole(q.period.count() / 1000); });
     }},
    {"container_memory_working_set_bytes", gauge, "Memory without what the kernel can drop at once.",
     [](const ContainerSample& s) { return whole(s.usage.memory_bytes); }},
    {"container_memory_usage_bytes", gauge, "Memory with what the kernel keeps of files.",
     [](const ContainerSample& s) { return of(s.usage.memory, [](const auto& m) { return whole(m.usage); }); }},
    {"container_memory_max_usage_bytes", gauge, "The most memory used ever; none where the kernel does not say.",
     [](const ContainerSample& s) {
       return of(s.usage.memory, [](const auto& m) { return m.highest == 0 ? Known() : whole(m.highest); });
     }},
    {"container_memory_rss", gauge, "Anonymous memory in bytes.",
     [](const ContainerSample& s) { return of(s.usage.memory, [](const auto& m) { return whole(m.rss); }); }},
    {"container_memory_cache", gauge, "Memory of files in bytes.",
     [](const ContainerSample& s) { return of(s.usage.memory, [](const auto& m) { return whole(m.cache); }); }},
    {"container_memory_swap", gauge, "Swap in bytes.",
     [](const ContainerSample& s) { return of(s.usage.memory, [](const auto& m) { return whole(m.swap); }); }},
    {"container_spec_memory_limit_bytes", gauge, "The memory limit; 0 for none.",
     [](const ContainerSample& s) { return of(s.usage.memory, [](const auto& m) { return whole(m.limit); }); }},
    {"container_fs_reads_bytes_total", counter, "Bytes read from block devices.",
     [](const ContainerSample& s) { return of(s.usage.disk, [](const auto& d) { return whole(d.read_bytes); }); }},
    {"container_fs_reads_total", counter, "Reads from block devices.",
     [](const ContainerSample& s) { return of(s.usage.disk, [](const auto& d) { return whole(d.reads); }); }},
    {"container_fs_writes_bytes_total", counter, "Bytes written to block devices.",
     [](const ContainerSample& s) { return of(s.usage.disk, [](const auto& d) { return whole(d.written_bytes); }); }},
    {"container_fs_writes_total", counter, "Writes to block devices.",
     [](const ContainerSample& s) { return of(s.usage.disk, [](const auto& d) { return whole(d.writes); }); }},
    {"container_processes", gauge, "Processes, with their threads.",
     [](const ContainerSample& s) { return of(s.usage.processes, whole); }},
    {"container_oom_events_total", counter, "Processes killed because memory had run out.",
     [](const ContainerSample& s) { return of(s.usage.out_of_memory_kills, whole); }},
    {"container_start_time_seconds", gauge, "When it started, in seconds since the epoch.",
     [](const ContainerSample& s) {
       return is_set(s.container.started_at) ? seconds(s.container.started_at.time_since_epoch()) : Known();
     }},
    {"container_last_seen", gauge, "When it was measured, in seconds since the epoch.",
     [](const ContainerSample& s) { return seconds(s.measured_at.time_since_epoch()); }},
    {"muster_task_container_restarts_total", counter, "Restarts by its restart policy.",
     [](const ContainerSample& s) { return whole(s.container.restarts); }},
}};

struct InterfaceFamily {
  std::string_view name, help;
  PacketCounts InterfaceUsage::*direction;
  std::int64_t PacketCounts::*counts;
};
constexpr std::array<InterfaceFamily, 8> interface_families{{
    {"container_network_receive_bytes_total", "Bytes received.", &InterfaceUsage::received, &PacketCounts::bytes},
    {"container_network_receive_packets_total", "Packets received.", &InterfaceUsage::received, &PacketCounts::packets},
    {"container_network_receive_errors_total", "Errors while receiving.", &InterfaceUsage::received,
     &PacketCounts::errors},
    {"container_network_receive_packets_dropped_total", "Packets dropped while receiving.", &InterfaceUsage::received,
     &PacketCounts::dropped},
    {"container_network_transmit_bytes_total", "Bytes sent.", &InterfaceUsage::sent, &PacketCounts::bytes},
    {"container_network_transmit_packets_total", "Packets sent.", &InterfaceUsage::sent, &PacketCounts::packets},
    {"container_network_transmit_errors_total", "Errors while sending.", &InterfaceUsage::sent, &PacketCounts::errors},
    {"container_network_transmit_packets_dropped_total", "Packets dropped while sending.", &InterfaceUsage::sent,
     &PacketCounts::dropped},
}};
// NOLINTEND(readability-identifier-length)

void add_label(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty()) out += ',';
  out += name;
  out += "=\"";
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string labels_of(const std::string& cluster, const Measured& container) {
  std::string out;
  add_label(out, "container", container.container);
  add_label(out, "ecs_cluster", cluster);
  add_label(out, "id", container.id);
  add_label(out, "image", container.image);
  add_label(out, "name", container.host_name);
  add_label(out, "namespace", container.ns);
  add_label(out, "service", container.service);
  add_label(out, "task", container.task);
  return out;
}

std::string written(const Value& value) {
  if (!value.nanoseconds) return std::to_string(value.number);
  constexpr std::int64_t billion = 1'000'000'000;
  const std::int64_t number = std::max<std::int64_t>(value.number, 0);
  const std::string rest = std::to_string(number % billion);
  return str(number / billion, '.', std::string(9 - rest.size(), '0'), rest);
}

class Page {
 public:
  // The head is written with the first row: a family without any is left out.
  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    head_ = str("# HELP ", name, ' ', help, "\n# TYPE ", name, ' ', type, '\n');
  }
  void row(std::string_view labels, std::string_view value) {
    text_ += std::exchange(head_, {});
    text_ += name_;
    if (!labels.empty()) {
      text_ += '{';
      text_ += labels;
      text_ += '}';
    }
    text_ += ' ';
    text_ += value;
    text_ += '\n';
  }
  std::string take() { return std::move(text_); }

 private:
  std::string_view name_;
  std::string head_, text_;
};

struct Shown {
  const ContainerSample* sample;
  std::string labels;
};

}  // namespace

std::string container_metrics(const std::vector<ContainerSamples>& agents) {
  std::vector<Shown> shown;
  std::size_t left_out = 0;
  for (const ContainerSamples& agent : agents) {
    for (const ContainerSample& sample : agent.samples) {
      if (shown.size() == most_exposed) {
        ++left_out;
      } else {
        shown.push_back({&sample, labels_of(agent.cluster, sample.container)});
      }
    }
  }
  Page page;
  for (const Family& family : families) {
    page.begin(family.name, family.type, family.help);
    for (const Shown& each : shown) {
      const Known value = family.value(*each.sample);
      if (!value) continue;
      page.row(family.label.empty() ? each.labels : str(each.labels, ',', family.label), written(*value));
    }
  }
  for (const InterfaceFamily& family : interface_families) {
    page.begin(family.name, counter, family.help);
    for (const Shown& each : shown) {
      for (const InterfaceUsage& one : each.sample->usage.network) {
        std::string labels = each.labels;
        add_label(labels, "interface", one.name);
        page.row(labels, std::to_string((one.*family.direction).*family.counts));
      }
    }
  }
  page.begin("muster_agent_containers_left_out", gauge, "Running containers beyond the most that are shown here.");
  page.row({}, std::to_string(left_out));
  return page.take();
}

}  // namespace muster::agent
