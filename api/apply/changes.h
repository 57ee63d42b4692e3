// Which fields of an object a write changed, found by walking the description over both structs: what is equal is left
// out without a look inside, and no documents are made.
#pragma once

#include <string_view>

#include "api/apply/field_set.h"
#include "api/types/kinds.h"

namespace muster::apply {

struct Changes {
  FieldSet written;  // added or modified; containers that were added are members beside what is in them
  FieldSet removed;  // the same for what is gone
  bool none() const { return written.empty() && removed.empty(); }
};

// The changes that count for a manager: see owned(). `before` is null on a create.
Changes changes_between(const Object* before, const Object& after, std::string_view subresource);

// `set` without what nobody owns: the identity of the object and what the server keeps. The main endpoint does not own
// the status, the status endpoint nothing else.
FieldSet owned(FieldSet set, std::string_view subresource);

}  // namespace muster::apply
