// How server-side apply sees a value of the description: as one piece, or as parts that managers own one by one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/apply/field_set.h"
#include "api/base/error.h"
#include "api/schema/node.h"
#include "api/schema/type.h"

namespace muster::apply {

struct Layout {
  enum class Kind {
    leaf,        // a scalar, or a list or map that is one value
    record,      // a struct: its described fields
    free_map,    // a map with keys of the user's choice
    keyed_list,  // a list whose items are told apart by key fields
    set_list,    // a list of strings without order and repetition
  };
  Kind kind = Kind::leaf;
  const Type* type = nullptr;     // of the value, optionals unwrapped
  const Type* element = nullptr;  // of the items of a map or list, optionals unwrapped
  const Field* field = nullptr;   // the field that holds it; null for an item
};

// `field` is the one that holds the value, or null.
Layout layout_of(const Type& type, const Field* field);

// The item's element in a keyed list: its key fields, absent ones as the description's defaults. Nothing when a key
// field is absent and has no default.
std::optional<PathElement> key_of_item(const Layout& list, const Node& item);
PathElement element_of_value(const Node& value);

// Where a part of a value stands: the element and the part.
struct Part {
  PathElement element;
  const Node* node = nullptr;
  const Field* field = nullptr;  // of a record
  std::size_t index = 0;         // position among the value's members or items
  const Type* type = nullptr;
};
// The parts of a record, map, keyed list or set, in order of their elements. Parts without an element (items that lack
// a key) and, of two with the same one, the later are left out. Unknown fields have no type.
std::vector<Part> parts_of(const Layout& layout, const Node& value);

}  // namespace muster::apply
