#include "api/apply/layout.h"

#include <algorithm>

#include "api/schema/encode.h"
#include "api/schema/json.h"

namespace muster::apply {
namespace {

const Type* unwrap(const Type* type) {
  while (type->shape == Shape::optional) type = type->element();
  return type;
}

Layout::Kind list_kind(const Type& element, const Field* field) {
  if (field != nullptr && !field->list_keys.empty()) return Layout::Kind::keyed_list;
  return element.shape == Shape::string ? Layout::Kind::set_list : Layout::Kind::leaf;
}

}  // namespace

Layout layout_of(const Type& given, const Field* field) {
  Layout layout;
  layout.type = unwrap(&given);
  layout.field = field;
  if (field != nullptr && field->atomic) return layout;
  const Type& type = *layout.type;
  if (type.shape == Shape::object) {
    layout.kind = Layout::Kind::record;
  } else if (type.shape == Shape::map) {
    layout.kind = Layout::Kind::free_map;
    layout.element = unwrap(type.element());
  } else if (type.shape == Shape::list) {
    layout.element = unwrap(type.element());
    layout.kind = list_kind(*layout.element, field);
  }
  return layout;
}

std::optional<PathElement> key_of_item(const Layout& list, const Node& item) {
  if (!item.is_map()) return std::nullopt;
  std::vector<std::string_view> names = list.field->list_keys;
  std::ranges::sort(names);
  Node key = Node::map();
  for (const std::string_view name : names) {
    const Node* given = item.find(name);
    if (given != nullptr && !given->is_null()) {
      key.at(name) = *given;
      continue;
    }
    const Field* field = list.element->find(name);
    if (field == nullptr || field->required) return std::nullopt;
    const Type& type = *field->type();
    const void* fresh = member_of(*field, list.element->fresh());
    if (type.shape == Shape::optional && !type.has(fresh)) {
      if (names.size() == 1) return std::nullopt;
      continue;
    }
    key.at(name) = to_node(type, fresh);
  }
  return PathElement{PathElement::Kind::key, write_json(key)};
}

PathElement element_of_value(const Node& value) {
  return PathElement{PathElement::Kind::value, write_json(value)};
}

std::vector<Part> parts_of(const Layout& layout, const Node& value) {
  std::vector<Part> parts;
  if (layout.kind == Layout::Kind::record || layout.kind == Layout::Kind::free_map) {
    parts.reserve(value.members.size());
    for (const auto& [name, member] : value.members) {
      const Field* field = layout.kind == Layout::Kind::record ? layout.type->find(name) : nullptr;
      const Type* type = layout.kind == Layout::Kind::free_map ? layout.element
                         : field != nullptr                    ? field->type()
                                                               : nullptr;
      parts.push_back(Part{field_element(name), &member, field, parts.size(), type});
    }
  } else {
    parts.reserve(value.items.size());
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      const Node& item = value.items[i];
      auto element = layout.kind == Layout::Kind::keyed_list ? key_of_item(layout, item) : element_of_value(item);
      if (element) parts.push_back(Part{std::move(*element), &item, nullptr, i, layout.element});
    }
  }
  std::ranges::stable_sort(parts, {}, [](const Part& part) -> const PathElement& { return part.element; });
  const auto same = [](const Part& left, const Part& right) { return left.element == right.element; };
  parts.erase(std::unique(parts.begin(), parts.end(), same), parts.end());
  return parts;
}

}  // namespace muster::apply
