#include "api/apply/agreement.h"

#include <algorithm>

#include "api/apply/layout.h"
#include "api/apply/typed_parts.h"
#include "api/schema/encode.h"
#include "api/schema/json.h"

namespace muster::apply {
namespace {

bool same_value(const Type& type, const Field* field, const Field* holder, const void* value, const Node& given);

bool same_leaf(const Type& type, const Field* holder, const void* value, const Node& given) {
  const bool plain = holder == nullptr || !holder->as_text;
  if (type.shape == Shape::string) {
    return given.is_string() && given.text == *static_cast<const std::string*>(value);
  }
  if (type.shape == Shape::integer && plain) {
    return given.kind == Node::Kind::integer && given.integer == type.load(value);
  }
  if (type.shape == Shape::boolean) {
    return given.kind == Node::Kind::boolean && given.boolean == *static_cast<const bool*>(value);
  }
  return write_json(to_node(type, holder, value)) == write_json(given);
}

bool same_fields(const Type& type, const void* value, const Node& given) {
  return std::ranges::all_of(given.members, [&](const auto& named) {
    const Field* field = type.find(named.first);
    if (field == nullptr || field->get == nullptr) return false;
    const void* member = member_of(*field, value);
    return !is_left_out(type, *field, member) && same_value(*field->type(), field, field, member, named.second);
  });
}

bool same_entries(const Layout& layout, const Field* holder, const void* value, const Node& given) {
  const std::vector<TypedPart> parts = typed_parts(layout, holder, value);
  return std::ranges::all_of(given.members, [&](const auto& named) {
    const auto found = std::ranges::lower_bound(parts, std::string_view(named.first), {}, &TypedPart::text);
    return found != parts.end() && found->text() == named.first &&
           same_value(*layout.type->element(), nullptr, holder, found->value, named.second);
  });
}

bool same_items(const Layout& layout, const Field* holder, const void* value, const Node& given) {
  const std::vector<TypedPart> parts = typed_parts(layout, holder, value);
  if (parts.size() != layout.type->count(value)) return false;  // merging would take repeated ones away
  return std::ranges::all_of(given.items, [&](const Node& item) {
    const bool keyed = layout.kind == Layout::Kind::keyed_list;
    const auto element = keyed ? key_of_item(layout, item) : element_of_value(item);
    if (!element) return false;
    const auto found = std::ranges::lower_bound(parts, std::string_view(element->text), {}, &TypedPart::text);
    if (found == parts.end() || found->text() != element->text) return false;
    return !keyed || same_value(*layout.type->element(), nullptr, holder, found->value, item);
  });
}

// `field` holds the value, or is null for an item; `holder` is the same, but for an item that of its list or map.
bool same_value(const Type& type, const Field* field, const Field* holder, const void* value, const Node& given) {
  const Layout layout = layout_of(type, field);
  value = unwrapped(type, value);
  if (value == nullptr) return false;
  switch (layout.kind) {
    case Layout::Kind::leaf: return same_leaf(*layout.type, holder, value, given);
    case Layout::Kind::record: return given.is_map() && same_fields(*layout.type, value, given);
    case Layout::Kind::free_map: return given.is_map() && same_entries(layout, holder, value, given);
    case Layout::Kind::keyed_list:
    case Layout::Kind::set_list: return given.is_list() && same_items(layout, holder, value, given);
  }
  return false;
}

}  // namespace

bool says_the_same(const Object& live, const Node& configuration) {
  const Type& type = *live.kind->type();
  const void* fields = live.kind->fields(const_cast<Object&>(live));  // NOLINT: does not change the object
  return std::ranges::all_of(configuration.members, [&](const auto& named) {
    if (named.first == "apiVersion" || named.first == "kind") return true;
    const Field* field = type.find(named.first);
    if (field == nullptr || field->get == nullptr) return false;
    const void* member = member_of(*field, fields);
    return !is_left_out(type, *field, member) && same_value(*field->type(), field, field, member, named.second);
  });
}

}  // namespace muster::apply
