// The parts of a map, keyed list or set in a struct, as parts_of() of layout.h finds them in a document. For this
// folder only.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/apply/layout.h"

namespace muster::apply {

struct TypedPart {
  PathElement::Kind kind = PathElement::Kind::field;
  const std::string* key = nullptr;  // of a map's entry, inside the map; else null
  std::string made;                  // the text of an item's element
  const void* value = nullptr;       // may be an optional

  std::string_view text() const { return key != nullptr ? std::string_view(*key) : std::string_view(made); }
  PathElement take_element() {
    if (key != nullptr) return PathElement{kind, *key};
    return PathElement{kind, std::move(made)};
  }
};

// In the order of their elements. Of two with the same element the first, without items that lack a key. `value` is
// unwrapped; `holder` is the field that says how it is written.
std::vector<TypedPart> typed_parts(const Layout& layout, const Field* holder, const void* value);

// What is inside optionals; null when one of them is not set.
const void* unwrapped(const Type& type, const void* value);

}  // namespace muster::apply
