// Kubernetes' strategic merge patch: a merge patch that knows which lists are sets of items, by the kind's description.
#pragma once

#include "api/base/error.h"
#include "api/schema/node.h"
#include "api/schema/type.h"

namespace muster::apply {

// Applies the patch to the document, an object of `type`. Lists that the description keys by one field are merged item
// by item, lists of strings are merged as sets, everything else is replaced as a whole. The directives $patch,
// $retainKeys, $setElementOrder/FIELD and $deleteFromPrimitiveList/FIELD are followed. Code::malformed for a directive
// that says nothing sensible or an item without its key; the target is then in no defined state.
Status strategic_patch(Node& target, Node patch, const Type& type);

}  // namespace muster::apply
