// RFC 6902: a list of operations on a document.
#pragma once

#include "api/base/error.h"
#include "api/schema/node.h"

namespace muster {

// Applies the operations in order; `target` is untouched on an error. Code::malformed when `patch` is no JSON patch,
// Code::too_large for more than limits::patch_operations, or when they move more than limits::patch_steps values or
// copy more than limits::body_bytes, Code::invalid when an operation does not fit the document (a path that is missing,
// a failed test).
Status json_patch(Node& target, const Node& patch);

}  // namespace muster
