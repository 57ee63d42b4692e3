#include "api/schema/type.h"

#include <algorithm>
#include <string>

#include "api/schema/raw.h"

namespace muster {

// The accessors take mutable pointers so that one function serves reading and writing; reading through them is safe.
const void* member_of(const Field& field, const void* object) {
  return field.get(const_cast<void*>(object));
}

const void* inside_of(const Type& type, const void* value) {
  return type.inside(const_cast<void*>(value));
}

const void* item_of(const Type& type, const void* value, std::size_t index) {
  return type.item(const_cast<void*>(value), index);
}

bool equal_fields(const Type& type, const void* left, const void* right) {
  return std::ranges::all_of(type.fields, [&](const Field& field) {
    return field.get == nullptr || field.type()->equal(member_of(field, left), member_of(field, right));
  });
}

bool is_empty(const Type& type, const void* value) {
  switch (type.shape) {
    case Shape::boolean: return !*static_cast<const bool*>(value);
    case Shape::integer: return type.load(value) == 0;
    case Shape::string: return static_cast<const std::string*>(value)->empty();
    case Shape::time: return !is_set(*static_cast<const Time*>(value));
    case Shape::duration: return *static_cast<const Duration*>(value) == Duration{};
    case Shape::enumeration: return type.enumerators.at(static_cast<std::size_t>(type.load(value))).empty();
    case Shape::raw: return static_cast<const Raw*>(value)->json.empty();
    case Shape::optional: return !type.has(value);
    case Shape::list:
    case Shape::map: return type.count(value) == 0;
    case Shape::object:
      return std::ranges::all_of(type.fields, [&](const Field& field) {
        return field.get == nullptr || is_left_out(type, field, member_of(field, value));
      });
  }
  return false;
}

bool is_left_out(const Type& owner, const Field& field, const void* value) {
  const Type& type = *field.type();
  if (!is_empty(type, value)) return false;
  // These have no text for "empty" at all.
  if (type.shape == Shape::optional || type.shape == Shape::time || type.shape == Shape::raw ||
      type.shape == Shape::enumeration) {
    return true;
  }
  // Reading back an absent field gives the default, so an empty value under another default must be written.
  return !field.keep_zero && is_empty(type, member_of(field, owner.fresh()));
}

}  // namespace muster
