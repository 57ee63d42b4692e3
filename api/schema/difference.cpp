#include "api/schema/difference.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "api/schema/json.h"
#include "api/schema/path.h"

namespace muster {

namespace {

using Index = std::map<std::string_view, const Node*>;

// The maps of a list by their names, when all have one and no two have the same.
std::optional<Index> by_name(const Node& list) {
  Index index;
  for (const Node& item : list.items) {
    const std::string_view name = item.text_of("name");
    if (name.empty() || !index.emplace(name, &item).second) return std::nullopt;
  }
  return index;
}

Node names_of(const Node& list, const Index& wanted) {
  Node names = Node::list();
  for (const Node& item : list.items) {
    const std::string_view name = item.text_of("name");
    if (wanted.contains(name)) names.items.push_back(Node::of(std::string(name)));
  }
  return names;
}

bool is_identifier(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
           letter == '_' || letter == '-';
  });
}

class Comparison {
 public:
  std::vector<Difference> take() { return std::move(differences_); }

  void compare(const Node& before, const Node& after, const Path& path) {
    if (before.is_map() && after.is_map()) return compare_maps(before, after, path);
    if (before.is_list() && after.is_list()) return compare_lists(before, after, path);
    if (!equal(before, after)) add(&before, &after, path);
  }

 private:
  void add(const Node* before, const Node* after, const Path& path) {
    differences_.push_back(Difference{path.text(), before != nullptr ? write_json(*before) : std::string(),
                                      after != nullptr ? write_json(*after) : std::string()});
  }

  static Path inside(const Path& path, std::string_view name) {
    return is_identifier(name) ? path.field(name) : path.key(name);
  }

  void compare_maps(const Node& before, const Node& after, const Path& path) {
    Index afters;
    for (const auto& [name, value] : after.members) afters.emplace(name, &value);
    Index befores;
    for (const auto& [name, value] : before.members) {
      befores.emplace(name, &value);
      const auto found = afters.find(name);
      if (found == afters.end()) {
        add(&value, nullptr, inside(path, name));
      } else {
        compare(value, *found->second, inside(path, name));
      }
    }
    for (const auto& [name, value] : after.members) {
      if (!befores.contains(name)) add(nullptr, &value, inside(path, name));
    }
  }

  void compare_lists(const Node& before, const Node& after, const Path& path) {
    const auto befores = by_name(before);
    const auto afters = by_name(after);
    if (befores && afters && !(befores->empty() && afters->empty())) {
      return compare_named(before, *befores, after, *afters, path);
    }
    for (std::size_t i = 0; i < std::max(before.items.size(), after.items.size()); ++i) {
      const Path item = path.item(i);
      if (i >= after.items.size()) {
        add(&before.items[i], nullptr, item);
      } else if (i >= before.items.size()) {
        add(nullptr, &after.items[i], item);
      } else {
        compare(before.items[i], after.items[i], item);
      }
    }
  }

  void compare_named(const Node& before, const Index& befores, const Node& after, const Index& afters,
                     const Path& path) {
    for (const Node& item : before.items) {
      const std::string_view name = item.text_of("name");
      const std::string label = "name=" + std::string(name);
      const auto found = afters.find(name);
      if (found == afters.end()) {
        add(&item, nullptr, path.key(label));
      } else {
        compare(item, *found->second, path.key(label));
      }
    }
    for (const Node& item : after.items) {
      const std::string_view name = item.text_of("name");
      const std::string label = "name=" + std::string(name);
      if (!befores.contains(name)) add(nullptr, &item, path.key(label));
    }
    // The order of what is on both sides.
    const Node kept = names_of(before, afters);
    const Node now = names_of(after, befores);
    if (!equal(kept, now)) add(&kept, &now, path);
  }

  std::vector<Difference> differences_;
};

}  // namespace

std::vector<Difference> differences(const Node& before, const Node& after) {
  Comparison comparison;
  comparison.compare(before, after, Path::root({}));
  return comparison.take();
}

}  // namespace muster
