// Things that are over, in the order in which they go.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "controllers/base/plan.h"

namespace muster::cleanup {

class Shelf {
 public:
  struct Item {
    Time since{};
    std::string ns, name;
    auto operator<=>(const Item&) const = default;
  };

  void add(Item item) { items_.insert(std::move(item)); }
  void remove(const Item& item) { items_.erase(item); }
  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  // Deletes what is older than `keep` or beyond `most`, and asks to look again when the next one is due.
  void clear(const State& state, const Kind& kind, Duration keep, std::size_t most, Time now, Plan& plan) const;

 private:
  std::set<Item> items_;
};

}  // namespace muster::cleanup
