#include "runtime/agent/metadata/stats.h"

#include <algorithm>
#include <utility>

namespace muster::agent::metadata {
namespace {

Node fraction(double value) {
  Node node;
  node.kind = Node::Kind::number;
  node.number = value;
  return node;
}

// The machine's time in Docker's sense is that of all its processors together, idle or not.
Node cpu(const Moment& moment, const std::optional<drivers::CpuQuota>& quota, const Machine& machine) {
  Node out = Node::map();
  Node used = Node::map();
  used.at("total_usage") = Node::of(moment.cpu.count());
  out.at("cpu_usage") = std::move(used);
  out.at("system_cpu_usage") = Node::of(moment.since_boot.count() * machine.cpus);
  out.at("online_cpus") = Node::of(machine.cpus);
  Node throttling = Node::map();
  throttling.at("periods") = Node::of(quota ? quota->periods : 0);
  throttling.at("throttled_periods") = Node::of(quota ? quota->held_up : 0);
  throttling.at("throttled_time") = Node::of(quota ? std::int64_t{quota->held_up_for.count()} : 0);
  out.at("throttling_data") = std::move(throttling);
  return out;
}

Node memory(const drivers::Usage& usage, const Machine& machine) {
  Node out = Node::map();
  if (!usage.memory) {
    out.at("usage") = Node::of(usage.memory_bytes);
    out.at("limit") = Node::of(machine.memory_bytes);
    return out;
  }
  const drivers::MemoryUsage& memory = *usage.memory;
  out.at("usage") = Node::of(memory.usage);
  if (memory.highest > 0) out.at("max_usage") = Node::of(memory.highest);
  // Docker tells the machine's memory where there is no limit.
  out.at("limit") = Node::of(memory.limit > 0 ? memory.limit : machine.memory_bytes);
  Node parts = Node::map();
  parts.at("cache") = Node::of(memory.cache);
  parts.at("rss") = Node::of(memory.rss);
  parts.at("swap") = Node::of(memory.swap);
  // What readers take from the usage to get at the working set: by version 1's name, and by version 2's.
  const std::int64_t inactive = std::max<std::int64_t>(memory.usage - usage.memory_bytes, 0);
  parts.at("total_inactive_file") = Node::of(inactive);
  parts.at("inactive_file") = Node::of(inactive);
  out.at("stats") = std::move(parts);
  return out;
}

Node networks(const std::vector<drivers::InterfaceUsage>& interfaces) {
  Node out = Node::map();
  for (const drivers::InterfaceUsage& each : interfaces) {
    Node one = Node::map();
    one.at("rx_bytes") = Node::of(each.received.bytes);
    one.at("rx_packets") = Node::of(each.received.packets);
    one.at("rx_errors") = Node::of(each.received.errors);
    one.at("rx_dropped") = Node::of(each.received.dropped);
    one.at("tx_bytes") = Node::of(each.sent.bytes);
    one.at("tx_packets") = Node::of(each.sent.packets);
    one.at("tx_errors") = Node::of(each.sent.errors);
    one.at("tx_dropped") = Node::of(each.sent.dropped);
    out.at(each.name) = std::move(one);
  }
  return out;
}

// Of all devices together, which Docker would tell one by one: device 0:0 is none.
Node entries(std::int64_t read, std::int64_t written) {
  Node out = Node::list();
  for (const auto& [operation, value] : {std::pair("Read", read), {"Write", written}, {"Total", read + written}}) {
    Node one = Node::map();
    one.at("major") = Node::of(std::int64_t{0});
    one.at("minor") = Node::of(std::int64_t{0});
    one.at("op") = Node::of(std::string(operation));
    one.at("value") = Node::of(value);
    out.items.push_back(std::move(one));
  }
  return out;
}

double a_second(std::int64_t before, std::int64_t now, Duration window) {
  if (window <= Duration::zero() || now < before) return 0;
  return static_cast<double>(now - before) / std::chrono::duration<double>(window).count();
}

}  // namespace

Moment moment_of(const drivers::Usage& usage, Time measured_at, Duration since_boot) {
  Moment out{measured_at, since_boot, usage.cpu};
  for (const drivers::InterfaceUsage& each : usage.network) {
    out.received += each.received.bytes;
    out.sent += each.sent.bytes;
  }
  return out;
}

Node stats(const Measurement& measured, const Machine& machine) {
  const drivers::Usage& usage = measured.usage;
  Node out = Node::map();
  out.at("read") = Node::of(format_time(measured.now.measured_at));
  if (measured.before) out.at("preread") = Node::of(format_time(measured.before->measured_at));
  Node processes = Node::map();
  if (usage.processes) processes.at("current") = Node::of(*usage.processes);
  out.at("pids_stats") = std::move(processes);
  Node disk = Node::map();
  if (usage.disk) {
    disk.at("io_service_bytes_recursive") = entries(usage.disk->read_bytes, usage.disk->written_bytes);
    disk.at("io_serviced_recursive") = entries(usage.disk->reads, usage.disk->writes);
  }
  out.at("blkio_stats") = std::move(disk);
  out.at("cpu_stats") = cpu(measured.now, usage.quota, machine);
  out.at("precpu_stats") = measured.before ? cpu(*measured.before, std::nullopt, machine) : Node::map();
  out.at("memory_stats") = memory(usage, machine);
  out.at("name") = Node::of("/" + measured.name);
  out.at("id") = Node::of(measured.id);
  if (usage.network.empty()) return out;
  out.at("networks") = networks(usage.network);
  if (!measured.before) return out;
  const Duration window = measured.now.since_boot - measured.before->since_boot;
  Node rates = Node::map();
  rates.at("rx_bytes_per_sec") = fraction(a_second(measured.before->received, measured.now.received, window));
  rates.at("tx_bytes_per_sec") = fraction(a_second(measured.before->sent, measured.now.sent, window));
  out.at("network_rate_stats") = std::move(rates);
  return out;
}

}  // namespace muster::agent::metadata
