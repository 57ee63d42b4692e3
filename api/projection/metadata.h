// The metadata of a view.
#pragma once

#include "api/types/kinds.h"

namespace muster::projection {

// Name, namespace, labels, annotations, times and revision of the source; a uid of its own; no finalizers, owners and
// managers, which are the source's business.
Meta metadata_of(const Kind& view, const Object& source);

}  // namespace muster::projection
