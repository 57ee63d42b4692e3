#include "controllers/scheduler/candidates.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace muster::scheduler {
namespace {

constexpr std::uint32_t no_slot = ~std::uint32_t{0};

std::uint32_t saturated(std::int64_t value) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, std::int64_t{1} << 31U));
}

template <class Key>
int order(const Key& a, const Key& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

}  // namespace

Candidates::Candidates(const Requirement& requirement, const Hosts& hosts, GroupId group)
    : requirement_(requirement), hosts_(hosts), group_(group), seen_(hosts.end()), layout_(hosts.layout()) {
  for (const auto& level : requirement.ranking.levels) {
    attribute_levels_ += level.kind == LevelKind::tasks_of_attribute ? 1 : 0;
  }
  divide();
  const auto ties = requirement_.ranking.random ? Tournament::Ties::counted : Tournament::Ties::ignored;
  keys_.resize(slots_.size());
  slot_of_host_.clear();
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    const auto host = slots_[slot].host;
    if (host >= slot_of_host_.size()) slot_of_host_.resize(host + 1, no_slot);
    slot_of_host_[host] = slot;
    slots_[slot].live = hosts_[host].count(group_).live;
    for (std::size_t i = 0; i < attribute_levels_; ++i) {
      prefixes_[cells_[slots_[slot].cell].prefixes[i]].tasks += slots_[slot].live;
    }
    enter(slot);
  }
  cell_keys_.resize(cells_.size());
  top_.reset(static_cast<std::uint32_t>(cells_.size()), Tournament::Ties::ignored);
  for (std::uint32_t cell = 0; cell < cells_.size(); ++cell) {
    const auto first = cells_[cell].first;
    const auto last = cell + 1 < cells_.size() ? cells_[cell + 1].first : static_cast<std::uint32_t>(slots_.size());
    cells_[cell].slots.reset(last - first, ties);
    for (auto slot = first; slot < last; ++slot) {
      if (slots_[slot].facts && passes_now(slots_[slot])) cells_[cell].slots.set(slot - first);
    }
    cells_[cell].slots.play_all([&](std::uint32_t a, std::uint32_t b) { return compare_slots(first + a, first + b); });
    update_cell(cell);
  }
}

// Slots in order of cell and name; cells in order of their values, so that those of a prefix stand together.
void Candidates::divide() {
  using Values = std::vector<std::string_view>;
  std::map<Values, std::vector<HostId>> members;
  Values values(attribute_levels_);
  const auto add = [&](HostId id) {
    const Host& host = hosts_[id];
    if (host.object == nullptr) return;
    std::size_t i = 0;
    for (const auto& level : requirement_.ranking.levels) {
      if (level.kind != LevelKind::tasks_of_attribute) continue;
      const std::string* value = host.attribute(level.attribute);
      values[i++] = value != nullptr ? std::string_view(*value) : std::string_view();
    }
    members[values].push_back(id);
  };
  if (requirement_.only_instance.empty()) {
    slots_.reserve(hosts_.instances());
    for (const auto& [name, id] : hosts_.by_name()) add(id);
  } else if (const auto id = hosts_.find(requirement_.only_instance); id != Hosts::npos) {
    add(id);
  }
  const Values* previous = nullptr;
  for (const auto& [key, ids] : members) {
    const auto number = static_cast<std::uint32_t>(cells_.size());
    Cell cell;
    cell.first = static_cast<std::uint32_t>(slots_.size());
    bool same = previous != nullptr;
    for (std::size_t i = 0; i < attribute_levels_; ++i) {
      same = same && (*previous)[i] == key[i];
      if (!same) prefixes_.push_back(Prefix{number, number, 0});
      cell.prefixes[i] = same ? cells_.back().prefixes[i] : static_cast<std::uint32_t>(prefixes_.size() - 1);
      prefixes_[cell.prefixes[i]].last_cell = number;
    }
    cells_.push_back(std::move(cell));
    for (const auto id : ids) slots_.push_back(Slot{id, number, 0, false});
    previous = &key;
  }
}

void Candidates::enter(std::uint32_t slot) {
  const Host& host = hosts_[slots_[slot].host];
  slots_[slot].facts = passes(requirement_, Candidate{host, hosts_.groups(), group_}, Depth::facts);
  keys_[slot] = key_of_host(host);
}

bool Candidates::passes_now(const Slot& slot) const {
  return passes(requirement_, Candidate{hosts_[slot.host], hosts_.groups(), group_}, Depth::tasks);
}

Candidates::Key Candidates::key_of_host(const Host& host) const {
  Key key{};
  key[0] = untolerated(host.object->spec.taints, requirement_.tolerations, TaintEffect::prefer_no_schedule) != nullptr;
  std::size_t i = 1;
  for (const auto& level : requirement_.ranking.levels) {
    switch (level.kind) {
      case LevelKind::tasks_of_attribute: break;
      case LevelKind::tasks_of_instance: key[i++] = host.count(group_).live; break;
      case LevelKind::free_cpu: key[i++] = saturated(host.free_cpu()); break;
      case LevelKind::free_memory: key[i++] = saturated(host.free_memory()); break;
    }
  }
  return key;
}

int Candidates::compare_slots(std::uint32_t a, std::uint32_t b) const {
  return order(keys_[a], keys_[b]);
}

// The levels of the cell's best instance, those over attributes included.
Candidates::CellKey Candidates::cell_key(std::uint32_t number) const {
  CellKey key{};
  const Cell& cell = cells_[number];
  const Key& best = keys_[cell.first + cell.slots.best()];
  key[0] = best[0];
  std::size_t i = 1, attribute = 0, own = 1;
  for (const auto& level : requirement_.ranking.levels) {
    key[i++] = level.kind == LevelKind::tasks_of_attribute ? prefixes_[cell.prefixes[attribute++]].tasks : best[own++];
  }
  return key;
}

void Candidates::update_cell(std::uint32_t cell) {
  const bool open = cells_[cell].slots.best() != Tournament::nobody;
  if (open) cell_keys_[cell] = cell_key(cell);
  top_.update(cell, open ? Tournament::Presence::in : Tournament::Presence::out,
              [this](std::uint32_t a, std::uint32_t b) { return order(cell_keys_[a], cell_keys_[b]); });
}

void Candidates::take_over(std::uint32_t number, Depth depth) {
  Slot& slot = slots_[number];
  const Host& host = hosts_[slot.host];
  if (depth == Depth::facts) slot.facts = passes(requirement_, Candidate{host, hosts_.groups(), group_}, Depth::facts);
  keys_[number] = key_of_host(host);
  const auto first = cells_[slot.cell].first;
  cells_[slot.cell].slots.update(number - first,
                                 slot.facts && passes_now(slot) ? Tournament::Presence::in : Tournament::Presence::out,
                                 [&](std::uint32_t a, std::uint32_t b) { return compare_slots(first + a, first + b); });
  count(number);
  update_cell(slot.cell);
}

// Takes the number of the group's tasks over into what the spread levels count.
void Candidates::count(std::uint32_t number) {
  Slot& slot = slots_[number];
  const std::uint32_t live = hosts_[slot.host].count(group_).live;
  if (live == slot.live) return;
  for (std::size_t i = 0; i < attribute_levels_; ++i) {
    prefixes_[cells_[slot.cell].prefixes[i]].tasks += live - slot.live;  // modulo 2^32: may go down
  }
  slot.live = live;
  if (attribute_levels_ < 2) return;
  const Prefix& widest = prefixes_[cells_[slot.cell].prefixes[0]];
  for (auto cell = widest.first_cell; cell <= widest.last_cell; ++cell) update_cell(cell);
}

Candidates::Freshness Candidates::catch_up() {
  // Taking over one change costs about a quarter of reading an instance anew in a build.
  const bool far = seen_ < hosts_.begin() || hosts_.end() - seen_ > 4 * slots_.size() + 64;
  if (layout_ != hosts_.layout() || far) return Freshness::stale;
  for (; seen_ < hosts_.end(); ++seen_) {
    const auto& entry = hosts_.entry(seen_);
    const auto slot = entry.host < slot_of_host_.size() ? slot_of_host_[entry.host] : no_slot;
    if (slot != no_slot) take_over(slot, entry.event == HostEvent::facts ? Depth::facts : Depth::tasks);
  }
  return Freshness::current;
}

HostId Candidates::best(std::uint64_t draw) const {
  const std::uint32_t first = top_.best();
  if (first == Tournament::nobody) return Hosts::npos;
  if (!requirement_.ranking.random) return slots_[cells_[first].first + cells_[first].slots.best()].host;
  // All cells that are as good as the first, each with as many instances as share its first place.
  const auto shares = [&](std::uint32_t cell) {
    const bool open = cells_[cell].slots.best() != Tournament::nobody;
    return open && order(cell_keys_[cell], cell_keys_[first]) == 0 ? cells_[cell].slots.equals() : 0;
  };
  std::uint64_t total = 0;
  for (std::uint32_t cell = first; cell < cells_.size(); ++cell) total += shares(cell);
  std::uint64_t n = draw % total;
  std::uint32_t cell = first;
  for (std::uint64_t share = 0; n >= (share = shares(cell)); ++cell) n -= share;
  return slots_[cells_[cell].first + cells_[cell].slots.equal(static_cast<std::uint32_t>(n))].host;
}

}  // namespace muster::scheduler
