#include "api/schema/node.h"

#include <algorithm>
#include <unordered_map>

namespace muster {

namespace {

using Member = std::pair<std::string, Node>;

std::vector<const Member*> sorted_members(const Node& node) {
  std::vector<const Member*> sorted;
  sorted.reserve(node.members.size());
  for (const Member& member : node.members) sorted.push_back(&member);
  std::ranges::sort(sorted, {}, [](const Member* member) -> const std::string& { return member->first; });
  return sorted;
}

bool equal_members(const Node& left, const Node& right) {
  if (left.members.size() != right.members.size()) return false;
  const auto lefts = sorted_members(left);
  const auto rights = sorted_members(right);
  return std::ranges::equal(lefts, rights, [](const Member* one, const Member* other) {
    return one->first == other->first && equal(one->second, other->second);
  });
}

bool is_numeric(const Node& node) {
  return node.kind == Node::Kind::integer || node.kind == Node::Kind::number;
}

bool equal_numbers(const Node& left, const Node& right) {
  if (left.kind == Node::Kind::integer && right.kind == Node::Kind::integer) return left.integer == right.integer;
  if (left.kind == Node::Kind::number && right.kind == Node::Kind::number) return left.number == right.number;
  const Node& whole = left.kind == Node::Kind::integer ? left : right;
  const Node& real = left.kind == Node::Kind::integer ? right : left;
  // A double below 2^63 converts exactly; comparing as doubles would call 2^53 and 2^53+1 equal.
  constexpr double bound = 9223372036854775808.0;
  if (!(real.number >= -bound && real.number < bound)) return false;
  const auto truncated = static_cast<std::int64_t>(real.number);
  return static_cast<double>(truncated) == real.number && truncated == whole.integer;
}

}  // namespace

Node Node::of(bool value) {
  Node node;
  node.kind = Kind::boolean;
  node.boolean = value;
  return node;
}

Node Node::of(std::int64_t value) {
  Node node;
  node.kind = Kind::integer;
  node.integer = value;
  return node;
}

Node Node::of(std::string value) {
  Node node;
  node.kind = Kind::string;
  node.text = std::move(value);
  return node;
}

Node Node::list() {
  Node node;
  node.kind = Kind::list;
  return node;
}

Node Node::map() {
  Node node;
  node.kind = Kind::map;
  return node;
}

const Node* Node::find(std::string_view name) const {
  for (const auto& [member, value] : members) {
    if (member == name) return &value;
  }
  return nullptr;
}

Node* Node::find(std::string_view name) {
  for (auto& [member, value] : members) {
    if (member == name) return &value;
  }
  return nullptr;
}

Node& Node::at(std::string_view name) {
  if (Node* found = find(name)) return *found;
  return members.emplace_back(std::string(name), Node{}).second;
}

void Node::erase(std::string_view name) {
  std::erase_if(members, [name](const Member& member) { return member.first == name; });
}

std::string_view Node::text_of(std::string_view name) const {
  const Node* found = find(name);
  return found != nullptr && found->is_string() ? std::string_view(found->text) : std::string_view();
}

std::string_view describe_kind(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null: return "null";
    case Node::Kind::boolean: return "a boolean";
    case Node::Kind::integer: return "an integer";
    case Node::Kind::number: return "a number";
    case Node::Kind::string: return "a string";
    case Node::Kind::list: return "a list";
    case Node::Kind::map: return "a map";
  }
  return "a value";
}

std::size_t depth_of(const Node& node) {
  if (!node.is_map() && !node.is_list()) return 0;
  std::size_t deepest = 0;
  for (const Node& item : node.items) deepest = std::max(deepest, depth_of(item));
  for (const auto& member : node.members) deepest = std::max(deepest, depth_of(member.second));
  return deepest + 1;
}

bool equal(const Node& left, const Node& right) {
  if (is_numeric(left) && is_numeric(right)) return equal_numbers(left, right);
  if (left.kind != right.kind) return false;
  switch (left.kind) {
    case Node::Kind::null: return true;
    case Node::Kind::boolean: return left.boolean == right.boolean;
    case Node::Kind::integer:
    case Node::Kind::number: return equal_numbers(left, right);
    case Node::Kind::string: return left.text == right.text;
    case Node::Kind::list:
      return std::ranges::equal(left.items, right.items,
                                [](const Node& one, const Node& other) { return equal(one, other); });
    case Node::Kind::map: return equal_members(left, right);
  }
  return false;
}

void merge_patch(Node& target, const Node& patch) {
  if (!patch.is_map()) {
    target = patch;
    return;
  }
  if (!target.is_map()) target = Node::map();
  // An index, because patch and target may both have a hundred thousand members.
  std::unordered_map<std::string, std::size_t> index;
  index.reserve(target.members.size());
  for (std::size_t i = 0; i < target.members.size(); ++i) index.emplace(target.members[i].first, i);

  std::vector<bool> removed(target.members.size(), false);
  for (const auto& [name, value] : patch.members) {
    const auto [found, added] = index.emplace(name, target.members.size());
    if (value.is_null()) {
      if (!added) removed[found->second] = true;
      if (added) index.erase(found);
      continue;
    }
    if (added) {
      target.members.emplace_back(name, Node{});
      removed.push_back(false);
    }
    merge_patch(target.members[found->second].second, value);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < target.members.size(); ++i) {
    if (removed[i]) continue;
    if (kept != i) target.members[kept] = std::move(target.members[i]);
    ++kept;
  }
  target.members.resize(kept);
}

}  // namespace muster
