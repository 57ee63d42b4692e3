// Typed value -> compact JSON text, directly, without a tree in between.
//
// Left out: unset optionals, empty strings, empty lists and maps, unset times, zero durations, objects without content;
// and false booleans and zero integers, unless keep_zero() is set in the description. keep_zero() also keeps an empty
// list, map or string.
#pragma once

#include <string>

#include "api/schema/node.h"
#include "api/schema/type.h"

namespace muster {

// Appends `{...}` (or the value's JSON).
void encode(const Type& type, const void* value, std::string& out);

template <class T>
const Type* type_of();

template <class T>
std::string encode(const T& value) {
  std::string out;
  out.reserve(512);
  encode(*type_of<T>(), &value, out);
  return out;
}

// The same as a tree; for merge patches, diffs and YAML.
Node to_node(const Type& type, const void* value);
// A value that `field` holds, or an item of the list or map that it holds, written as the field says (as_text,
// precision). `field` may be null.
Node to_node(const Type& type, const Field* field, const void* value);

}  // namespace muster
