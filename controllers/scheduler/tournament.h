// A tournament over positions: who is best, who shares the first place. A change of one position costs the logarithm of
// their number. Of equals the lowest position wins, so the answer does not depend on history.
#pragma once

#include <cstdint>
#include <vector>

namespace muster::scheduler {

class Tournament {
 public:
  static constexpr std::uint32_t nobody = ~std::uint32_t{0};
  // `counted` keeps the number of equals, for draws among them.
  enum class Ties { ignored, counted };

  void reset(std::uint32_t size, Ties ties) {
    leaves_ = 1;
    while (leaves_ < size) leaves_ *= 2;
    tree_.assign(std::size_t{leaves_} * 2, nobody);
    ties_.assign(ties == Ties::counted ? tree_.size() : 0, 0);
  }
  std::uint32_t best() const { return tree_[1]; }
  // How many share the first place; only when counted.
  std::uint32_t equals() const { return ties_[1]; }

  enum class Presence { in, out };
  // The position's rank has changed, or it comes or goes. `compare(a, b)` < 0: a is better.
  template <class Compare>
  void update(std::uint32_t position, Presence presence, const Compare& compare) {
    std::uint32_t node = leaves_ + position;
    set_leaf(node, presence == Presence::in ? position : nobody);
    for (node /= 2; node > 0; node /= 2) {
      const bool same = play(node, compare);
      // Above, nothing has changed unless this position itself stands for the node.
      if (same && tree_[node] != position) break;
    }
  }
  // Without playing: for many at once, followed by play_all().
  void set(std::uint32_t position) { set_leaf(leaves_ + position, position); }
  template <class Compare>
  void play_all(const Compare& compare) {
    for (std::uint32_t node = leaves_ - 1; node > 0; --node) play(node, compare);
  }
  // The n-th of those who share the first place; n < equals().
  std::uint32_t equal(std::uint32_t n) const {
    std::uint32_t node = 1;
    while (node < leaves_) node = descend(node, n, ties_);
    return tree_[node];
  }

 private:
  void set_leaf(std::uint32_t node, std::uint32_t value) {
    tree_[node] = value;
    if (!ties_.empty()) ties_[node] = value == nobody ? 0 : 1;
  }
  // Whether the node's outcome is what it was.
  template <class Compare>
  bool play(std::uint32_t node, const Compare& compare) {
    const std::size_t below = std::size_t{node} * 2;
    const std::uint32_t left = tree_[below], right = tree_[below + 1];
    const int order = right == nobody ? -1 : left == nobody ? 1 : compare(left, right);
    const std::uint32_t winner = order <= 0 ? left : right;
    bool same = tree_[node] == winner;
    tree_[node] = winner;
    if (!ties_.empty()) {
      const std::uint32_t l = ties_[below], r = ties_[below + 1];
      const std::uint32_t equals = order < 0 ? l : order > 0 ? r : l + r;
      same = same && ties_[node] == equals;
      ties_[node] = equals;
    }
    return same;
  }
  std::uint32_t descend(std::uint32_t node, std::uint32_t& n, const std::vector<std::uint32_t>& ties) const {
    const std::uint32_t left = node * 2, right = left + 1;
    if (tree_[left] == nobody) return right;
    // When the right half won, or shares and n lies beyond the left half's share.
    if (ties[node] == ties[left] && tree_[node] == tree_[left]) return left;
    if (tree_[node] == tree_[right]) return right;
    if (n < ties[left]) return left;
    n -= ties[left];
    return right;
  }

  std::uint32_t leaves_ = 1;
  std::vector<std::uint32_t> tree_ = {nobody, nobody};
  std::vector<std::uint32_t> ties_;
};

}  // namespace muster::scheduler
