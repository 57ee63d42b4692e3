#include "api/apply/changes.h"

#include <algorithm>
#include <array>

#include "api/apply/layout.h"
#include "api/apply/typed_parts.h"
#include "api/schema/encode.h"

namespace muster::apply {
namespace {

// Of metadata; in order.
constexpr std::array<std::string_view, 11> unowned_metadata = {"creationTimestamp",
                                                               "deletionGracePeriodSeconds",
                                                               "deletionTimestamp",
                                                               "generateName",
                                                               "generation",
                                                               "managedFields",
                                                               "name",
                                                               "namespace",
                                                               "resourceVersion",
                                                               "selfLink",
                                                               "uid"};

// A value in its struct: its type and, for reading it as a document, the field that says how it is written.
struct Slot {
  const Type& type;
  const Field* field;   // that holds it; null for an item of a list or map
  const Field* holder;  // the same, but for an item that of its list or map
};

Slot slot_of(const Field& field) {
  return Slot{*field.type(), &field, &field};
}

Slot item_slot(const Layout& layout, const Field* holder) {
  return Slot{*layout.type->element(), nullptr, holder};
}

// A value and all below it. `value` is what stands in the slot.
FieldSet whole(const Slot& slot, const void* value);

// One field of two structs; null where it is absent.
struct Pair {
  const Field* field;
  const void* before;
  const void* after;
};

// The fields that are not equal, in order of their names. Either struct may be null: it has no fields.
template <class Wanted>
std::vector<Pair> unequal_fields(const Type& type, const void* before, const void* after, Wanted wanted) {
  std::vector<Pair> pairs;
  for (const Field& field : type.fields) {
    if (field.get == nullptr || !wanted(field.name)) continue;
    const void* one = before != nullptr ? member_of(field, before) : nullptr;
    const void* other = after != nullptr ? member_of(field, after) : nullptr;
    if (one != nullptr && other != nullptr && field.type()->equal(one, other)) continue;
    if (one != nullptr && is_left_out(type, field, one)) one = nullptr;
    if (other != nullptr && is_left_out(type, field, other)) other = nullptr;
    if (one == nullptr && other == nullptr) continue;
    const auto place =
        std::ranges::upper_bound(pairs, field.name, {}, [](const Pair& pair) { return pair.field->name; });
    pairs.insert(place, Pair{&field, one, other});
  }
  return pairs;
}

constexpr auto all_fields = [](std::string_view) { return true; };

FieldSet whole(const Slot& slot, const void* value) {
  FieldSet set;
  set.insert();
  value = unwrapped(slot.type, value);
  const Layout layout = layout_of(slot.type, slot.field);
  if (value == nullptr || layout.kind == Layout::Kind::leaf) return set;
  if (layout.kind == Layout::Kind::record) {
    for (const Pair& pair : unequal_fields(*layout.type, nullptr, value, all_fields)) {
      set.append(field_element(pair.field->name), whole(slot_of(*pair.field), pair.after));
    }
    return set;
  }
  FieldSet member;
  member.insert();
  for (TypedPart& part : typed_parts(layout, slot.holder, value)) {
    FieldSet below = layout.kind == Layout::Kind::set_list ? member : whole(item_slot(layout, slot.holder), part.value);
    set.append(part.take_element(), std::move(below));
  }
  return set;
}

bool same_leaf(const Slot& slot, const Type& type, const void* before, const void* after) {
  if (before != nullptr && after != nullptr) {
    if (type.equal(before, after)) return true;
    if (type.shape == Shape::string || type.shape == Shape::integer || type.shape == Shape::boolean) return false;
  }
  // Different values that look the same: fractions of a second that are not written, the order of a raw map's members.
  const auto node = [&](const void* value) { return value != nullptr ? to_node(type, slot.holder, value) : Node{}; };
  return equal(node(before), node(after));
}

void compare(const Slot& slot, const void* before, const void* after, Changes& found);

void add(const PathElement& element, Changes below, Changes& found) {
  if (!below.written.empty()) found.written.append(element, std::move(below.written));
  if (!below.removed.empty()) found.removed.append(element, std::move(below.removed));
}

template <class Wanted>
void compare_fields(const Type& type, const void* before, const void* after, Wanted wanted, Changes& found) {
  for (const Pair& pair : unequal_fields(type, before, after, wanted)) {
    const Slot slot = slot_of(*pair.field);
    if (pair.before == nullptr) {
      found.written.append(field_element(pair.field->name), whole(slot, pair.after));
    } else if (pair.after == nullptr) {
      found.removed.append(field_element(pair.field->name), whole(slot, pair.before));
    } else {
      Changes below;
      compare(slot, pair.before, pair.after, below);
      add(field_element(pair.field->name), std::move(below), found);
    }
  }
}

void compare_parts(const Layout& layout, const Field* holder, const void* before, const void* after, Changes& found) {
  std::vector<TypedPart> olds = typed_parts(layout, holder, before);
  std::vector<TypedPart> news = typed_parts(layout, holder, after);
  const Slot slot = item_slot(layout, holder);
  const auto append_whole = [&](TypedPart& part, FieldSet& set) {
    FieldSet below;
    if (layout.kind == Layout::Kind::set_list) {
      below.insert();
    } else {
      below = whole(slot, part.value);
    }
    set.append(part.take_element(), std::move(below));
  };
  auto old_part = olds.begin();
  auto new_part = news.begin();
  while (old_part != olds.end() || new_part != news.end()) {
    if (new_part == news.end() || (old_part != olds.end() && old_part->text() < new_part->text())) {
      append_whole(*old_part++, found.removed);
    } else if (old_part == olds.end() || new_part->text() < old_part->text()) {
      append_whole(*new_part++, found.written);
    } else {
      if (layout.kind != Layout::Kind::set_list && !slot.type.equal(old_part->value, new_part->value)) {
        Changes below;
        compare(slot, old_part->value, new_part->value, below);
        if (!below.none()) add(new_part->take_element(), std::move(below), found);
      }
      ++old_part;
      ++new_part;
    }
  }
}

void compare(const Slot& slot, const void* before, const void* after, Changes& found) {
  const Layout layout = layout_of(slot.type, slot.field);
  before = unwrapped(slot.type, before);
  after = unwrapped(slot.type, after);
  if (layout.kind == Layout::Kind::leaf || (before == nullptr && after == nullptr)) {
    if (!same_leaf(slot, *layout.type, before, after)) found.written.insert();
  } else if (before == nullptr || after == nullptr) {
    // One of the two is null: a part of a list or map without a value.
    if (before != nullptr) found.removed = whole(slot, before);
    if (after != nullptr) found.written = whole(slot, after);
    found.written.insert();
  } else if (layout.kind == Layout::Kind::record) {
    compare_fields(*layout.type, before, after, all_fields, found);
  } else {
    compare_parts(layout, slot.holder, before, after, found);
  }
}

const void* fields_of(const Object* object) {
  if (object == nullptr) return nullptr;
  return object->kind->fields(const_cast<Object&>(*object));  // NOLINT: the accessor does not change the object
}

}  // namespace

Changes changes_between(const Object* before, const Object& after, std::string_view subresource) {
  const Type& type = *after.kind->type();
  const void* one = fields_of(before);
  const void* other = fields_of(&after);
  Changes found;
  if (subresource == "status") {
    compare_fields(
        type, one, other, [](std::string_view name) { return name == "status"; }, found);
    return found;
  }
  compare_fields(
      type, one, other, [](std::string_view name) { return name != "status" && name != "metadata"; }, found);
  const Field* metadata = type.find("metadata");
  Changes below;
  compare_fields(
      *metadata->type(), one != nullptr ? member_of(*metadata, one) : nullptr, member_of(*metadata, other),
      [](std::string_view name) { return !std::ranges::binary_search(unowned_metadata, name); }, below);
  if (!below.written.empty()) found.written.at(field_element("metadata")) = std::move(below.written);
  if (!below.removed.empty()) found.removed.at(field_element("metadata")) = std::move(below.removed);
  return found;
}

FieldSet owned(FieldSet set, std::string_view subresource) {
  set.erase(field_element("apiVersion"));
  set.erase(field_element("kind"));
  if (subresource == "status") {
    for (const auto& field : std::vector<FieldSet::Child>(set.children())) {
      if (field.element.text != "status") set.erase(field.element);
    }
    return set;
  }
  set.erase(field_element("status"));
  const PathElement metadata = field_element("metadata");
  if (set.find(metadata) == nullptr) return set;
  FieldSet& fields = set.at(metadata);
  fields.remove();
  for (const std::string_view name : unowned_metadata) fields.erase(field_element(name));
  if (fields.empty()) set.erase(metadata);
  return set;
}

}  // namespace muster::apply
