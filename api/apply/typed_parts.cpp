#include "api/apply/typed_parts.h"

#include <algorithm>

#include "api/schema/encode.h"
#include "api/schema/json.h"
#include "api/schema/json_write.h"

namespace muster::apply {
namespace {

void append_value(std::string& out, const Type& type, const Field* field, const void* value) {
  if (type.shape == Shape::string) {
    append_json_string(out, *static_cast<const std::string*>(value));
  } else if (type.shape == Shape::integer && (field == nullptr || !field->as_text)) {
    append_integer(out, type.load(value));
  } else {
    append_json(out, to_node(type, field, value));
  }
}

// See key_of_item(). False: the item has no key. `names` is in order.
bool append_key(std::string& out, const std::vector<std::string_view>& names, const Type& item, const void* value) {
  if (item.shape != Shape::object) return false;
  out += '{';
  for (const std::string_view name : names) {
    const Field* field = item.find(name);
    if (field == nullptr) return false;
    const Type& type = *field->type();
    const void* given = field->get != nullptr ? member_of(*field, value) : nullptr;
    const Field* spelling = field;
    if (given == nullptr || is_left_out(item, *field, given)) {
      if (field->required) return false;
      given = member_of(*field, item.fresh());
      if (type.shape == Shape::optional && !type.has(given)) {
        if (names.size() == 1) return false;
        continue;
      }
      spelling = nullptr;
    }
    if (out.back() != '{') out += ',';
    append_json_string(out, name);
    out += ':';
    append_value(out, type, spelling, given);
  }
  out += '}';
  return true;
}

void add_entries(const Type& map, const void* value, std::vector<TypedPart>& parts) {
  map.each(value, &parts, [](void* context, const std::string& key, const void* element) {
    static_cast<std::vector<TypedPart>*>(context)->push_back(TypedPart{PathElement::Kind::field, &key, {}, element});
  });
}

}  // namespace

const void* unwrapped(const Type& type, const void* value) {
  for (const Type* at = &type; at->shape == Shape::optional; at = at->element()) {
    if (!at->has(value)) return nullptr;
    value = inside_of(*at, value);
  }
  return value;
}

std::vector<TypedPart> typed_parts(const Layout& layout, const Field* holder, const void* value) {
  std::vector<TypedPart> parts;
  const Type& type = *layout.type;
  const std::size_t count = type.count(value);
  parts.reserve(count);
  if (layout.kind == Layout::Kind::free_map) {
    add_entries(type, value, parts);
    return parts;  // a map is in order
  }
  const Type& element = *type.element();
  const bool keyed = layout.kind == Layout::Kind::keyed_list;
  std::vector<std::string_view> names;
  if (keyed) names = layout.field->list_keys;
  std::ranges::sort(names);
  for (std::size_t i = 0; i < count; ++i) {
    TypedPart part{keyed ? PathElement::Kind::key : PathElement::Kind::value, nullptr, {}, item_of(type, value, i)};
    const void* item = unwrapped(element, part.value);
    if (keyed) {
      if (item == nullptr || !append_key(part.made, names, *layout.element, item)) continue;
    } else if (item == nullptr) {
      part.made = "null";
    } else {
      append_value(part.made, *layout.element, holder, item);
    }
    parts.push_back(std::move(part));
  }
  std::ranges::stable_sort(parts, {}, [](const TypedPart& part) { return part.text(); });
  const auto same = [](const TypedPart& left, const TypedPart& right) { return left.text() == right.text(); };
  parts.erase(std::unique(parts.begin(), parts.end(), same), parts.end());
  return parts;
}

}  // namespace muster::apply
