// All instances of a cluster in the order in which one requirement prefers them, kept up to date instance by instance.
//
// Instances are divided into cells: those that agree on all attributes that are spread over. In each cell is a
// tournament over the instances, above them one over the cells: to find the best and to take over one instance's change
// both cost the logarithm of their number. Exact: the answer is that of a scan over all instances.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "controllers/scheduler/filters.h"
#include "controllers/scheduler/tournament.h"

namespace muster::scheduler {

class Candidates {
 public:
  // Reads every instance once. All three stay where they are for as long as this lives.
  Candidates(const Requirement& requirement, const Hosts& hosts, GroupId group);

  enum class Freshness { current, stale };
  // Takes over what has changed since it last looked; stale when too much has: build it anew.
  Freshness catch_up();
  // The instance to place on, or Hosts::npos. `draw` decides among equals when the ranking is random.
  HostId best(std::uint64_t draw) const;
  std::size_t size() const { return slots_.size(); }

 private:
  struct Slot {
    HostId host = 0;
    std::uint32_t cell = 0;
    std::uint32_t live = 0;  // tasks of the group, as counted in the prefixes
    bool facts = false;      // passes the filters over what the instance is
  };
  struct Cell {
    std::uint32_t first = 0;  // of its slots
    Tournament slots;
    std::array<std::uint32_t, attribute_levels_most> prefixes{};  // for each attribute level
  };
  // Cells with the same values on the first attribute levels: what a spread level counts tasks over.
  struct Prefix {
    std::uint32_t first_cell = 0, last_cell = 0;
    std::uint32_t tasks = 0;
  };
  // Whether new tasks should rather go elsewhere (a PreferNoSchedule taint), then the levels that are numbers of the
  // instance itself, in their order; at most one of each kind.
  using Key = std::array<std::uint32_t, 4>;
  using CellKey = std::array<std::uint32_t, attribute_levels_most + 4>;

  void divide();
  void enter(std::uint32_t slot);
  void take_over(std::uint32_t slot, Depth depth);
  bool passes_now(const Slot& slot) const;
  Key key_of_host(const Host& host) const;
  void count(std::uint32_t slot);
  void update_cell(std::uint32_t cell);
  CellKey cell_key(std::uint32_t cell) const;
  int compare_slots(std::uint32_t a, std::uint32_t b) const;

  const Requirement& requirement_;
  const Hosts& hosts_;
  GroupId group_;
  std::uint64_t seen_ = 0, layout_ = 0;
  std::size_t attribute_levels_ = 0;
  std::vector<Slot> slots_;
  std::vector<Key> keys_;  // of slots
  std::vector<std::uint32_t> slot_of_host_;
  std::vector<Cell> cells_;
  std::vector<CellKey> cell_keys_;
  std::vector<Prefix> prefixes_;
  Tournament top_;
};

}  // namespace muster::scheduler
