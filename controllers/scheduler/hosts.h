// What the scheduler knows of the instances of one cluster: capacity, and what tasks hold. Kept by additions and
// subtractions only, so that the sum of all changes equals a model built anew.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/types/cluster.h"
#include "api/types/task_definition.h"

namespace muster::scheduler {

using HostId = std::uint32_t;
using GroupId = std::uint32_t;

// Names of groups ("namespace/service:web") as numbers, for as long as somebody uses them.
class Groups {
 public:
  GroupId take(std::string_view name);  // one more user
  void release(GroupId group);
  const std::string& name(GroupId group) const { return entries_[group].name; }

 private:
  struct Entry {
    std::string name;
    std::uint32_t users = 0;
  };
  std::vector<Entry> entries_;
  std::vector<GroupId> free_;
  std::unordered_map<std::string, GroupId> ids_;
};

struct GroupCount {
  GroupId group = 0;
  std::uint32_t holding = 0;  // all that occupy the instance
  std::uint32_t live = 0;     // of these: not lost, not asked to stop
  bool operator==(const GroupCount&) const = default;
};

// One instance, or the name of one that tasks are bound to although it does not exist (any more).
struct Host {
  std::string name;
  std::shared_ptr<const ContainerInstance> object;       // null: does not exist
  std::int64_t cpu = 0, memory = 0, gpus = 0;            // registered; units, MiB, how many
  std::vector<std::int32_t> reserved_tcp, reserved_udp;  // taken by the host itself; sorted
  std::int64_t cpu_used = 0, memory_used = 0, gpus_used = 0;
  std::vector<std::int32_t> tcp, udp;  // host ports that tasks hold; sorted, one entry a holder
  std::vector<GroupCount> groups;      // sorted by group
  std::uint32_t tasks = 0;             // that occupy it

  std::int64_t free_cpu() const { return cpu - cpu_used; }
  std::int64_t free_memory() const { return memory - memory_used; }
  std::int64_t free_gpus() const { return gpus - gpus_used; }
  GroupCount count(GroupId group) const;
  // Custom attributes first, then what the agent registered; `muster.instance` is the name. Null when absent.
  const std::string* attribute(std::string_view attribute_name) const;
};

// What one task holds.
struct Hold {
  std::string host;
  std::string group;
  Resources resources;
  bool live = true;
  bool operator==(const Hold&) const = default;
};

// What happened to a host: tasks took something of it or gave it back, or the instance itself is another.
enum class HostEvent { taken, freed, facts };

class Hosts {
 public:
  void put_instance(std::shared_ptr<const ContainerInstance> object);
  void erase_instance(std::string_view name);
  void hold(const Hold& hold);
  void release(const Hold& hold);

  const Host& operator[](HostId id) const { return hosts_[id]; }
  // The number of a host, or npos.
  HostId find(std::string_view name) const;
  static constexpr HostId npos = ~HostId{0};
  // In order of names; those without an object too.
  const std::map<std::string, HostId, std::less<>>& by_name() const { return by_name_; }
  std::size_t instances() const { return instances_; }
  Groups& groups() { return groups_; }
  const Groups& groups() const { return groups_; }

  // Every change since the beginning has a number. Readers that keep something about each host catch up by it.
  struct Entry {
    HostId host = 0;
    HostEvent event = HostEvent::taken;
  };
  std::uint64_t end() const { return begin_ + log_.size(); }
  std::uint64_t begin() const { return begin_; }  // older ones are forgotten: build anew
  const Entry& entry(std::uint64_t number) const { return log_[static_cast<std::size_t>(number - begin_)]; }
  // Counts up when hosts come or go or attributes change.
  std::uint64_t layout() const { return layout_; }

 private:
  HostId make(std::string_view name);
  void forget_if_empty(HostId id);
  void log(HostId id, HostEvent event);

  std::vector<Host> hosts_;
  std::vector<HostId> free_;
  std::map<std::string, HostId, std::less<>> by_name_;
  Groups groups_;
  std::size_t instances_ = 0;
  std::vector<Entry> log_;
  std::uint64_t begin_ = 0, layout_ = 0;
};

}  // namespace muster::scheduler
