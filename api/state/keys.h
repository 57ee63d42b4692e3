// How objects and index entries are named in the trees of a State: the one place.
//
// An object:       kind's position (1 byte), namespace, 0, name.
// An index entry:  index (1 byte), value, 0, order (8 bytes, only Index::family), the object's key.
//
// Zero bytes inside a text are escaped, so that no text can reach into the next part; the order of texts is kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/state/state.h"

namespace muster {

std::string object_key(const Kind& kind, std::string_view ns, std::string_view name);
// What the keys of all objects of the kind begin with; of those in one namespace, when it is not empty.
std::string kind_prefix(const Kind& kind, std::string_view ns);

// What all entries of an index value begin with.
void append_index_prefix(std::string& out, Index index, std::string_view value);
// The order inside an index value, for the indexes that have one.
void append_order(std::string& out, std::int64_t number);
// The object's key in an index entry, given the length of the entry's prefix.
std::string_view object_key_of(Index index, std::string_view entry, std::size_t prefix_size);

}  // namespace muster
