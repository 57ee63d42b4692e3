#include "api/apply/strategic.h"

#include <algorithm>
#include <map>
#include <set>

#include "api/apply/layout.h"
#include "api/base/text.h"
#include "api/schema/json.h"

namespace muster::apply {
namespace {

constexpr std::string_view patch_directive = "$patch";
constexpr std::string_view retain_directive = "$retainKeys";
constexpr std::string_view order_prefix = "$setElementOrder/";
constexpr std::string_view delete_prefix = "$deleteFromPrimitiveList/";

Error malformed(std::string message) {
  return Error{Code::malformed, std::move(message), {}};
}

// What the description says of the value of a member; no type: nothing.
struct Rule {
  const Type* type = nullptr;
  const Field* field = nullptr;
};

Rule rule_of(const Type* holder, std::string_view name) {
  if (holder == nullptr) return {};
  if (holder->shape == Shape::optional) return rule_of(holder->element(), name);
  if (holder->shape == Shape::map) return {holder->element(), nullptr};
  const Field* field = holder->shape == Shape::object ? holder->find(name) : nullptr;
  return field != nullptr ? Rule{field->type(), field} : Rule{};
}

// How a list is patched: by `key` when it has one, else as a set of plain values, else (merges is false) as a whole.
struct ListRule {
  bool merges = false;
  std::string_view key;
  const Type* item = nullptr;
};

ListRule list_rule(const Rule& rule) {
  if (rule.type == nullptr) return {};
  const Layout layout = layout_of(*rule.type, rule.field);
  if (layout.kind == Layout::Kind::set_list) return {true, {}, layout.element};
  if (layout.kind == Layout::Kind::keyed_list && layout.field->list_keys.size() == 1)
    return {true, layout.field->list_keys.front(), layout.element};
  return {};
}

// By what an item is told from the others of its list.
Result<std::string> identity(const Node& item, std::string_view key) {
  if (key.empty()) return write_json(item);
  const Node* value = item.find(key);
  if (value == nullptr || value->is_null()) {
    return malformed(str("map: ", write_json(item), " does not contain declared merge key: ", key));
  }
  return write_json(*value);
}

using Positions = std::map<std::string, std::size_t>;

// Where each item stands; of equal ones the first.
Result<Positions> positions_of(const Node& list, std::string_view key) {
  Positions out;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    TRY(std::string id, identity(list.items[i], key));
    out.emplace(std::move(id), i);
  }
  return out;
}

// What is taken over from a patch as it stands: without nulls, which would remove, and without directives.
void strip(Node& node) {
  if (node.is_map()) {
    std::erase_if(node.members,
                  [](const auto& member) { return member.second.is_null() || member.first.starts_with('$'); });
  }
  for (auto& [name, member] : node.members) strip(member);
  std::erase_if(node.items, [](const Node& item) { return item.text_of(patch_directive) == "delete"; });
  for (Node& item : node.items) strip(item);
}

// The items that `order` names in its order, between them the others where they stood in `before`: each goes before the
// first named one that stood behind it.
Status put_in_order(Node& list, const Node& order, const Node& before, std::string_view key) {
  TRY(const Positions wanted, positions_of(order, key));
  TRY(const Positions stood, positions_of(before, key));
  struct Item {
    std::size_t wanted, stood;  // npos: not there
    Node* node;
  };
  constexpr std::size_t npos = static_cast<std::size_t>(-1);
  std::vector<Item> named, others;
  for (Node& node : list.items) {
    TRY(const std::string id, identity(node, key));
    const auto place = wanted.find(id);
    const auto old = stood.find(id);
    const Item item{place == wanted.end() ? npos : place->second, old == stood.end() ? npos : old->second, &node};
    (item.wanted == npos ? others : named).push_back(item);
  }
  std::ranges::stable_sort(named, {}, &Item::wanted);
  std::ranges::stable_sort(others, {}, &Item::stood);
  std::vector<Node> out;
  out.reserve(list.items.size());
  std::size_t i = 0, j = 0;
  while (i < others.size() || j < named.size()) {
    const bool other = j == named.size() || (i < others.size() && others[i].stood != npos && named[j].stood != npos &&
                                             others[i].stood < named[j].stood);
    out.push_back(std::move(*(other ? others[i++] : named[j++]).node));
  }
  list.items = std::move(out);
  return {};
}

class Patcher {
 public:
  Status map(Node& target, Node patch, const Type* type) {
    if (const Node* directive = patch.find(patch_directive)) return whole_map(target, std::move(patch), *directive);
    TRY_VOID(retain(target, patch));
    TRY_VOID(order_lists(target, patch, type));
    for (auto& [name, value] : patch.members) {
      if (name.starts_with(order_prefix)) continue;
      if (name.starts_with(delete_prefix)) {
        TRY_VOID(delete_from(target, std::string_view(name).substr(delete_prefix.size()), value, type));
        continue;
      }
      if (name.starts_with('$')) return malformed(str("unknown directive ", name));
      TRY_VOID(member(target, name, std::move(value), type));
    }
    return {};
  }

 private:
  static Status whole_map(Node& target, Node patch, const Node& directive) {
    if (directive.text == "delete") {
      target = Node::map();
      return {};
    }
    if (directive.text != "replace")
      return malformed(str("unknown patch type: ", write_json(directive), " in map: ", write_json(patch)));
    strip(patch);
    target = std::move(patch);
    return {};
  }

  // $retainKeys: whatever it does not name goes.
  static Status retain(Node& target, Node& patch) {
    const Node* given = patch.find(retain_directive);
    if (given == nullptr) return {};
    if (!given->is_list()) return malformed(str(retain_directive, " must be a list"));
    std::set<std::string, std::less<>> kept;
    for (const Node& name : given->items) kept.insert(name.text);
    patch.erase(retain_directive);
    for (const auto& [name, value] : patch.members) {
      if (value.is_null() || name.starts_with(order_prefix) || name.starts_with(delete_prefix)) continue;
      if (!kept.contains(name)) return malformed("invalid patch format of retainKeys");
    }
    std::erase_if(target.members, [&](const auto& each) { return !kept.contains(each.first); });
    return {};
  }

  Status member(Node& target, std::string_view name, Node value, const Type* holder) {
    if (value.is_null()) {
      target.erase(name);
      return {};
    }
    const Rule rule = rule_of(holder, name);
    Node* stored = target.find(name);
    if (stored != nullptr && stored->is_map() && value.is_map()) return map(*stored, std::move(value), rule.type);
    if (stored != nullptr && stored->is_list() && value.is_list()) {
      const ListRule lists = list_rule(rule);
      if (lists.merges) return list(*stored, std::move(value), lists);
    }
    return adopt(target.at(name), std::move(value), rule);
  }

  // What was not there, or was something else.
  Status adopt(Node& stored, Node value, const Rule& rule) {
    const ListRule lists = value.is_list() ? list_rule(rule) : ListRule{};
    if (lists.merges) {
      stored = Node::list();
      return list(stored, std::move(value), lists);
    }
    strip(value);
    stored = std::move(value);
    return {};
  }

  Status list(Node& stored, Node patch, const ListRule& rule) {
    const Node before = stored;
    TRY_VOID(rule.key.empty() ? set(stored, patch) : keyed(stored, patch, rule));
    return put_in_order(stored, patch, before, rule.key);
  }

  static Status set(Node& stored, const Node& patch) {
    std::set<std::string> known;
    for (const Node& item : stored.items) known.insert(write_json(item));
    for (const Node& item : patch.items) {
      if (item.is_map() || item.is_list()) return malformed("a list of plain values is patched by a list of those");
      if (known.insert(write_json(item)).second) stored.items.push_back(item);
    }
    return {};
  }

  // Leaves in the patch the items that are neither directives nor deletions.
  Status keyed(Node& stored, Node& patch, const ListRule& rule) {
    for (const Node& item : patch.items) {
      if (!item.is_map()) return malformed(str("an item of a list with merge key ", rule.key, " must be an object"));
    }
    std::set<std::string> deleted;
    bool replaces = false;
    for (const Node& item : patch.items) {
      const Node* directive = item.find(patch_directive);
      if (directive == nullptr) continue;
      if (directive->text == "delete") {
        TRY(std::string id, identity(item, rule.key));
        deleted.insert(std::move(id));
      } else if (directive->text == "replace") {
        replaces = true;
      } else if (directive->text == "merge") {
        return malformed("merging lists cannot yet be specified in the patch");
      } else {
        return malformed(str("unknown patch type: ", write_json(*directive), " in map: ", write_json(item)));
      }
    }
    std::erase_if(patch.items, [](const Node& item) { return item.find(patch_directive) != nullptr; });
    if (replaces) stored.items.clear();
    TRY_VOID(drop(stored, deleted, rule.key));
    TRY(Positions positions, positions_of(stored, rule.key));
    for (const Node& item : patch.items) {
      TRY(std::string id, identity(item, rule.key));
      const auto [place, made] = positions.emplace(std::move(id), stored.items.size());
      if (made) stored.items.push_back(Node::map());
      TRY_VOID(map(stored.items[place->second], item, rule.item));
    }
    return {};
  }

  static Status drop(Node& stored, const std::set<std::string>& deleted, std::string_view key) {
    if (deleted.empty()) return {};
    std::vector<Node> left;
    for (Node& item : stored.items) {
      TRY(const std::string id, identity(item, key));
      if (!deleted.contains(id)) left.push_back(std::move(item));
    }
    stored.items = std::move(left);
    return {};
  }

  static Status delete_from(Node& target, std::string_view name, const Node& values, const Type* holder) {
    if (!values.is_list()) return malformed(str(delete_prefix, name, " must be a list"));
    const ListRule rule = list_rule(rule_of(holder, name));
    if (!rule.merges || !rule.key.empty())
      return malformed(str(delete_prefix, name, ": that is no list of plain values that is merged"));
    Node* stored = target.find(name);
    if (stored == nullptr || !stored->is_list()) return {};
    std::set<std::string> deleted;
    for (const Node& value : values.items) deleted.insert(write_json(value));
    return drop(*stored, deleted, {});
  }

  // $setElementOrder: the list is merged first, for what the patch says of it belongs to the order.
  Status order_lists(Node& target, Node& patch, const Type* holder) {
    std::vector<std::pair<std::string, Node>> orders;
    for (auto& [name, value] : patch.members) {
      if (name.starts_with(order_prefix)) orders.emplace_back(name.substr(order_prefix.size()), value);
    }
    for (auto& [name, order] : orders) {
      const ListRule rule = list_rule(rule_of(holder, name));
      if (!order.is_list() || !rule.merges)
        return malformed(str(order_prefix, name, ": must be the order of a list that is merged"));
      if (const Node* given = patch.find(name); given != nullptr && given->is_list())
        TRY_VOID(check_order(*given, order, rule.key));
      const Node* found = target.find(name);
      const Node before = found != nullptr && found->is_list() ? *found : Node::list();
      if (Node* given = patch.find(name)) {
        Node value = std::move(*given);
        patch.erase(name);
        TRY_VOID(member(target, name, std::move(value), holder));
      }
      Node* stored = target.find(name);
      if (stored != nullptr && stored->is_list()) TRY_VOID(put_in_order(*stored, order, before, rule.key));
    }
    return {};
  }

  // The items of the patch must stand as in the order.
  static Status check_order(const Node& list, const Node& order, std::string_view key) {
    TRY(const Positions positions, positions_of(order, key));
    std::size_t last = 0;
    for (const Node& item : list.items) {
      if (item.find(patch_directive) != nullptr) continue;
      TRY(const std::string id, identity(item, key));
      const auto found = positions.find(id);
      if (found == positions.end() || found->second < last) {
        return malformed(str("The order in patch list:\n", write_json(list), "\n doesn't match ",
                             order_prefix.substr(0, order_prefix.size() - 1), " list:\n", write_json(order), "\n"));
      }
      last = found->second;
    }
    return {};
  }
};

}  // namespace

Status strategic_patch(Node& target, Node patch, const Type& type) {
  if (!patch.is_map() || !target.is_map()) return malformed("a strategic merge patch must be a JSON object");
  return Patcher().map(target, std::move(patch), &type);
}

}  // namespace muster::apply
