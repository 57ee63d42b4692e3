// The pieces of server-side apply, each a pure function over documents (structured-merge-diff's typed values). A value
// that is not of the shape its description says counts as one piece: decoding reports it.
#pragma once

#include "api/apply/field_set.h"
#include "api/base/error.h"
#include "api/schema/node.h"
#include "api/schema/type.h"

namespace muster::apply {

// The fields that an applied configuration names. Values and atomic lists are members themselves; structs and maps only
// when they are empty or null; items of keyed lists are members beside their fields.
// Code::invalid: a field not in the description, an item without its key, two items with the same key.
Result<FieldSet> fields_of(const Type& type, const Node& configuration);

// `live` with all that `configuration` says: maps and structs per key, keyed lists per item (those that exist keep
// their place), sets united, everything else replaced. An explicit null replaces too.
Node merge(const Type& type, const Node& live, const Node& configuration);

// Takes from `value` what is in `before` and, itself and all below it, not in `kept`. Structs that become empty go too,
// key fields of an item that stays do not.
void prune(const Type& type, Node& value, const FieldSet& before, const FieldSet& kept);

// What a write changed. Added and removed hold containers as well as what is in them.
struct Comparison {
  FieldSet added, modified, removed;
  bool same() const { return added.empty() && modified.empty() && removed.empty(); }
};
Comparison compare(const Type& type, const Node& before, const Node& after);

}  // namespace muster::apply
