#include "controllers/scheduler/hosts.h"

#include <algorithm>
#include <utility>

#include "api/base/assert.h"
#include "api/base/text.h"
#include "controllers/base/instance_subject.h"

namespace muster::scheduler {
namespace {

constexpr std::size_t log_most = std::size_t{1} << 16U;

std::vector<std::int32_t> reserved_ports(const ContainerInstance& instance, std::string_view resource) {
  std::vector<std::int32_t> out;
  for (const auto& each : instance.status.registered_resources) {
    if (each.name != resource) continue;
    for (const auto& text : each.string_set_value) {
      if (const auto port = parse_int(text)) out.push_back(static_cast<std::int32_t>(*port));
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::int64_t registered(const ContainerInstance& instance, std::string_view resource) {
  for (const auto& each : instance.status.registered_resources) {
    if (each.name == resource) return each.integer_value;
  }
  return 0;
}

std::int64_t registered_gpus(const ContainerInstance& instance) {
  for (const auto& each : instance.status.registered_resources) {
    if (each.name == "GPU") return static_cast<std::int64_t>(each.string_set_value.size());
  }
  return 0;
}

void add_ports(std::vector<std::int32_t>& to, const std::vector<std::int32_t>& ports) {
  for (const auto port : ports) to.insert(std::upper_bound(to.begin(), to.end(), port), port);
}

void remove_ports(std::vector<std::int32_t>& from, const std::vector<std::int32_t>& ports) {
  for (const auto port : ports) {
    const auto found = std::lower_bound(from.begin(), from.end(), port);
    MUSTER_ASSERT(found != from.end() && *found == port);
    from.erase(found);
  }
}

auto group_position(std::vector<GroupCount>& groups, GroupId group) {
  return std::lower_bound(groups.begin(), groups.end(), group,
                          [](const GroupCount& count, GroupId id) { return count.group < id; });
}

bool same_attributes(const ContainerInstance& a, const ContainerInstance& b) {
  return a.spec.attributes == b.spec.attributes && a.status.attributes == b.status.attributes;
}

// Everything that a filter or a strategy reads of the object. Counts and remaining resources, which are written often,
// are not among it.
bool same_facts(const ContainerInstance& a, const ContainerInstance& b) {
  return a.spec == b.spec && a.status.connection == b.status.connection && a.status.agent == b.status.agent &&
         a.status.registered_resources == b.status.registered_resources && a.status.attributes == b.status.attributes &&
         a.status.version_info == b.status.version_info && a.status.registered_at == b.status.registered_at;
}

}  // namespace

GroupId Groups::take(std::string_view name) {
  const auto [at, added] = ids_.try_emplace(std::string(name), 0);
  if (added) {
    if (free_.empty()) {
      at->second = static_cast<GroupId>(entries_.size());
      entries_.emplace_back();
    } else {
      at->second = free_.back();
      free_.pop_back();
    }
    entries_[at->second] = Entry{at->first, 0};
  }
  ++entries_[at->second].users;
  return at->second;
}

void Groups::release(GroupId group) {
  auto& entry = entries_[group];
  MUSTER_ASSERT(entry.users > 0);
  if (--entry.users > 0) return;
  ids_.erase(entry.name);
  entry.name.clear();
  free_.push_back(group);
}

GroupCount Host::count(GroupId group) const {
  const auto found = std::lower_bound(groups.begin(), groups.end(), group,
                                      [](const GroupCount& each, GroupId id) { return each.group < id; });
  return found != groups.end() && found->group == group ? *found : GroupCount{group, 0, 0};
}

const std::string* Host::attribute(std::string_view attribute_name) const {
  if (attribute_name == query::instance_attribute) return &name;
  return object == nullptr ? nullptr : attribute_of(*object, attribute_name);
}

HostId Hosts::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found != by_name_.end() ? found->second : npos;
}

HostId Hosts::make(std::string_view name) {
  if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second;
  HostId id = 0;
  if (free_.empty()) {
    id = static_cast<HostId>(hosts_.size());
    hosts_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  hosts_[id].name = std::string(name);
  by_name_.emplace(std::string(name), id);
  return id;
}

void Hosts::forget_if_empty(HostId id) {
  auto& host = hosts_[id];
  if (host.object != nullptr || host.tasks > 0) return;
  by_name_.erase(host.name);
  host = Host{};
  free_.push_back(id);
}

void Hosts::log(HostId id, HostEvent event) {
  if (log_.size() >= log_most) {
    const auto drop = log_most / 2;
    log_.erase(log_.begin(), log_.begin() + drop);
    begin_ += drop;
  }
  log_.push_back(Entry{id, event});
}

void Hosts::put_instance(std::shared_ptr<const ContainerInstance> object) {
  const auto id = make(object->metadata.name);
  auto& host = hosts_[id];
  const auto before = std::exchange(host.object, std::move(object));
  if (before != nullptr && same_facts(*before, *host.object)) return;
  host.cpu = registered(*host.object, "CPU");
  host.memory = registered(*host.object, "MEMORY");
  host.gpus = registered_gpus(*host.object);
  host.reserved_tcp = reserved_ports(*host.object, "PORTS");
  host.reserved_udp = reserved_ports(*host.object, "PORTS_UDP");
  if (before == nullptr) ++instances_;
  if (before == nullptr || !same_attributes(*before, *host.object)) ++layout_;
  log(id, HostEvent::facts);
}

void Hosts::erase_instance(std::string_view name) {
  const auto id = find(name);
  if (id == npos || hosts_[id].object == nullptr) return;
  auto& host = hosts_[id];
  host.object = nullptr;
  host.cpu = host.memory = host.gpus = 0;
  host.reserved_tcp.clear();
  host.reserved_udp.clear();
  --instances_;
  ++layout_;
  log(id, HostEvent::facts);
  forget_if_empty(id);
}

void Hosts::hold(const Hold& hold) {
  const auto id = make(hold.host);
  auto& host = hosts_[id];
  ++host.tasks;
  host.cpu_used += hold.resources.cpu;
  host.memory_used += hold.resources.memory_mib;
  host.gpus_used += hold.resources.gpus;
  add_ports(host.tcp, hold.resources.tcp_ports);
  add_ports(host.udp, hold.resources.udp_ports);
  const auto group = groups_.take(hold.group);
  auto at = group_position(host.groups, group);
  if (at == host.groups.end() || at->group != group) at = host.groups.insert(at, GroupCount{group, 0, 0});
  ++at->holding;
  at->live += hold.live ? 1 : 0;
  log(id, HostEvent::taken);
}

void Hosts::release(const Hold& hold) {
  const auto id = find(hold.host);
  MUSTER_ASSERT(id != npos);
  auto& host = hosts_[id];
  MUSTER_ASSERT(host.tasks > 0);
  --host.tasks;
  host.cpu_used -= hold.resources.cpu;
  host.memory_used -= hold.resources.memory_mib;
  host.gpus_used -= hold.resources.gpus;
  remove_ports(host.tcp, hold.resources.tcp_ports);
  remove_ports(host.udp, hold.resources.udp_ports);
  const auto group = groups_.take(hold.group);  // by name; given back twice
  const auto at = group_position(host.groups, group);
  MUSTER_ASSERT(at != host.groups.end() && at->group == group && at->holding > 0);
  at->live -= hold.live ? 1 : 0;
  if (--at->holding == 0) host.groups.erase(at);
  groups_.release(group);
  groups_.release(group);
  log(id, HostEvent::freed);
  forget_if_empty(id);
}

}  // namespace muster::scheduler
