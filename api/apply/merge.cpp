#include "api/apply/merge.h"

#include <algorithm>
#include <unordered_map>

#include "api/apply/layout.h"
#include "api/base/text.h"

namespace muster::apply {
namespace {

// Whether the value has the shape whose parts managers own.
bool has_parts(const Layout& layout, const Node& value) {
  switch (layout.kind) {
    case Layout::Kind::leaf: return false;
    case Layout::Kind::record:
    case Layout::Kind::free_map: return value.is_map();
    case Layout::Kind::keyed_list:
    case Layout::Kind::set_list: return value.is_list();
  }
  return false;
}

bool is_blank(const Node& value) {
  return value.is_map() ? value.members.empty() : value.items.empty();
}

Error invalid(const std::string& path, std::string why) {
  return Error{Code::invalid, str(path, ": ", why), {Cause{path, std::move(why), "FieldValueInvalid"}}};
}

Status check_items(const Layout& layout, const Node& value, const std::string& path) {
  if (layout.kind != Layout::Kind::keyed_list && layout.kind != Layout::Kind::set_list) return {};
  std::vector<PathElement> seen;
  for (const Node& item : value.items) {
    if (layout.kind == Layout::Kind::set_list) {
      seen.push_back(element_of_value(item));
      continue;
    }
    auto element = key_of_item(layout, item);
    if (!element) {
      return invalid(path, str("associative list with keys has an element that omits key field \"",
                               layout.field->list_keys.front(), "\""));
    }
    seen.push_back(std::move(*element));
  }
  std::ranges::sort(seen);
  const auto repeated = std::ranges::adjacent_find(seen);
  if (repeated == seen.end()) return {};
  FieldSet set;
  set.at(*repeated).insert();
  std::string text;
  each_member(set, [&](const std::string& member) { text = member; });
  return invalid(path, str("duplicate entries for key ", text));
}

Status add_fields(const Layout& layout, const Node& value, const std::string& path, FieldSet& set) {
  if (!has_parts(layout, value) || is_blank(value)) {
    set.insert();
    return {};
  }
  TRY_VOID(check_items(layout, value, path));
  for (Part& part : parts_of(layout, value)) {
    const std::string here =
        part.element.kind == PathElement::Kind::field ? str(path, ".", part.element.text) : path + "[]";
    if (part.type == nullptr) return invalid(here, "field not declared in schema");
    FieldSet below;
    if (layout.kind == Layout::Kind::set_list) {
      below.insert();
    } else {
      TRY_VOID(add_fields(layout_of(*part.type, part.field), *part.node, here, below));
      if (layout.kind == Layout::Kind::keyed_list) below.insert();
    }
    set.append(std::move(part.element), std::move(below));
  }
  return {};
}

Node merge(const Layout& layout, const Node& live, const Node& configuration);

Node merge_list(const Layout& layout, const Node& live, const Node& configuration) {
  Node merged = Node::list();
  std::vector<Part> given = parts_of(layout, configuration);
  std::vector<bool> used(given.size());
  for (const Node& item : live.items) {
    const auto element = layout.kind == Layout::Kind::keyed_list ? key_of_item(layout, item) : element_of_value(item);
    const auto found = element ? std::ranges::lower_bound(given, *element, {}, &Part::element) : given.end();
    if (found == given.end() || found->element != *element) {
      merged.items.push_back(item);
      continue;
    }
    const auto place = static_cast<std::size_t>(found - given.begin());
    if (used[place]) continue;
    used[place] = true;
    merged.items.push_back(
        layout.kind == Layout::Kind::set_list ? item : merge(layout_of(*layout.element, nullptr), item, *found->node));
  }
  // New items in the order of the configuration.
  std::vector<bool> fresh(configuration.items.size());
  for (std::size_t place = 0; place < given.size(); ++place) fresh[given[place].index] = !used[place];
  for (std::size_t i = 0; i < configuration.items.size(); ++i) {
    if (fresh[i]) merged.items.push_back(configuration.items[i]);
  }
  return merged;
}

Node merge(const Layout& layout, const Node& live, const Node& configuration) {
  if (!has_parts(layout, live) || !has_parts(layout, configuration)) return configuration;
  if (live.is_list()) return merge_list(layout, live, configuration);
  Node merged = live;
  // An index, because both may have tens of thousands of members.
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < live.members.size(); ++i) places.emplace(live.members[i].first, i);
  for (const auto& [name, value] : configuration.members) {
    const Field* field = layout.kind == Layout::Kind::record ? layout.type->find(name) : nullptr;
    const Type* type = layout.kind == Layout::Kind::free_map ? layout.element
                       : field != nullptr                    ? field->type()
                                                             : nullptr;
    const auto found = places.find(name);
    if (found == places.end()) merged.members.emplace_back(name, Node{});
    Node& place = found == places.end() ? merged.members.back().second : merged.members[found->second].second;
    place = type == nullptr ? value : merge(layout_of(*type, field), place, value);
  }
  return merged;
}

bool is_key_field(const Layout* list, const PathElement& element) {
  return list != nullptr && std::ranges::find(list->field->list_keys, element.text) != list->field->list_keys.end();
}

// Takes the parts at these positions away, in one pass.
void erase_at(Node& value, const std::vector<bool>& gone) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < gone.size(); ++i) {
    if (gone[i]) continue;
    if (kept != i && value.is_map()) value.members[kept] = std::move(value.members[i]);
    if (kept != i && value.is_list()) value.items[kept] = std::move(value.items[i]);
    ++kept;
  }
  if (value.is_map()) value.members.resize(kept);
  if (value.is_list()) value.items.resize(kept);
}

// `item_of`: the keyed list that the value is an item of, or null.
void prune(const Layout& layout, const Layout* item_of, Node& value, const FieldSet& before, const FieldSet& kept) {
  if (!has_parts(layout, value)) return;
  std::vector<bool> gone(value.is_map() ? value.members.size() : value.items.size());
  for (const Part& part : parts_of(layout, value)) {
    const FieldSet* had = before.find(part.element);
    if (had == nullptr || part.type == nullptr || is_key_field(item_of, part.element)) continue;
    const FieldSet* keep = kept.find(part.element);
    if (keep != nullptr && keep->member() && had->children().empty()) continue;
    Node& inside = const_cast<Node&>(*part.node);  // NOLINT: a part of `value`, which is ours to change
    const Layout inner = layout_of(*part.type, part.field);
    const bool whole = value.is_list() || !has_parts(inner, inside) || is_blank(inside);
    if (keep == nullptr && had->member() && whole) {
      gone[part.index] = true;
      continue;
    }
    const bool blank = is_blank(inside);
    static const FieldSet nothing;
    prune(inner, layout.kind == Layout::Kind::keyed_list ? &layout : nullptr, inside, *had,
          keep != nullptr ? *keep : nothing);
    if (!blank && keep == nullptr && has_parts(inner, inside) && is_blank(inside)) gone[part.index] = true;
  }
  erase_at(value, gone);
}

void add_all(const Layout& layout, const Node& value, FieldSet& set) {
  set.insert();
  if (!has_parts(layout, value)) return;
  for (Part& part : parts_of(layout, value)) {
    FieldSet below;
    below.insert();
    if (part.type != nullptr && layout.kind != Layout::Kind::set_list) {
      add_all(layout_of(*part.type, part.field), *part.node, below);
    }
    set.append(std::move(part.element), std::move(below));
  }
}

struct Differences {
  FieldSet added, modified, removed;
};

void compare(const Layout& layout, const Node& before, const Node& after, Differences& found);

void compare_parts(const Layout& layout, const Node& before, const Node& after, Differences& found) {
  std::vector<Part> olds = parts_of(layout, before);
  std::vector<Part> news = parts_of(layout, after);
  auto old_part = olds.begin();
  auto new_part = news.begin();
  const auto whole = [&](Part& part, FieldSet& set) {
    FieldSet below;
    below.insert();
    if (part.type != nullptr && layout.kind != Layout::Kind::set_list) {
      add_all(layout_of(*part.type, part.field), *part.node, below);
    }
    set.append(std::move(part.element), std::move(below));
  };
  while (old_part != olds.end() || new_part != news.end()) {
    if (new_part == news.end() || (old_part != olds.end() && old_part->element < new_part->element)) {
      whole(*old_part++, found.removed);
    } else if (old_part == olds.end() || new_part->element < old_part->element) {
      whole(*new_part++, found.added);
    } else {
      Differences below;
      if (old_part->type == nullptr) {
        if (!equal(*old_part->node, *new_part->node)) below.modified.insert();
      } else if (layout.kind != Layout::Kind::set_list) {
        compare(layout_of(*old_part->type, old_part->field), *old_part->node, *new_part->node, below);
      }
      if (!below.added.empty()) found.added.append(old_part->element, std::move(below.added));
      if (!below.modified.empty()) found.modified.append(old_part->element, std::move(below.modified));
      if (!below.removed.empty()) found.removed.append(old_part->element, std::move(below.removed));
      ++old_part;
      ++new_part;
    }
  }
}

void compare(const Layout& layout, const Node& before, const Node& after, Differences& found) {
  const bool old_parts = has_parts(layout, before);
  const bool new_parts = has_parts(layout, after);
  if (old_parts && new_parts) return compare_parts(layout, before, after, found);
  if (!old_parts && !new_parts) {
    if (!equal(before, after)) found.modified.insert();
    return;
  }
  // One of the two is null, or has a shape of its own.
  if (old_parts) add_all(layout, before, found.removed);
  if (new_parts) add_all(layout, after, found.added);
  found.modified.insert();
}

}  // namespace

Result<FieldSet> fields_of(const Type& type, const Node& configuration) {
  FieldSet set;
  TRY_VOID(add_fields(layout_of(type, nullptr), configuration, "", set));
  return set;
}

Node merge(const Type& type, const Node& live, const Node& configuration) {
  return merge(layout_of(type, nullptr), live, configuration);
}

void prune(const Type& type, Node& value, const FieldSet& before, const FieldSet& kept) {
  prune(layout_of(type, nullptr), nullptr, value, before, kept);
}

Comparison compare(const Type& type, const Node& before, const Node& after) {
  Differences found;
  compare(layout_of(type, nullptr), before, after, found);
  return Comparison{std::move(found.added), std::move(found.modified), std::move(found.removed)};
}

}  // namespace muster::apply
