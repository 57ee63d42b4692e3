// Differences of two documents, for `muster diff`, events and tests.
#pragma once

#include <string>
#include <vector>

#include "api/schema/node.h"

namespace muster {

struct Difference {
  std::string path;           // "spec.desiredCount", "spec.containerDefinitions[name=app].image"
  std::string before, after;  // compact JSON; empty when absent on that side
};

// In the order of the documents; lists of maps that all have a `name` are compared by name, others by position. When
// the items of a named list changed their order, there is a difference at the list with the names in both orders.
std::vector<Difference> differences(const Node& before, const Node& after);
// Unified-diff text of the two as YAML, with three lines of context; empty when equal. A null
// document has no lines. Texts with more than a thousand changed lines are shown as removed and added as a whole
// between what is equal at the beginning and at the end.
std::string unified_diff(const Node& before, const Node& after, const std::string& before_name,
                         const std::string& after_name);

}  // namespace muster
