// What changes_between() says, of two documents: the plain way, by comparing trees. Where only documents are at hand,
// and to check the walk over structs against.
#pragma once

#include <string_view>

#include "api/apply/changes.h"
#include "api/apply/merge.h"

namespace muster::apply {

inline Changes document_changes(const Kind& kind, const Node& before, const Node& after, std::string_view subresource) {
  Comparison found = compare(*kind.type(), before, after);
  return Changes{owned(unite(found.added, found.modified), subresource), owned(std::move(found.removed), subresource)};
}

}  // namespace muster::apply
