// ContainerInstance <-> v1 Node.
#pragma once

#include "api/base/error.h"
#include "api/types/cluster.h"
#include "api/types/node_view.h"

namespace muster::projection {

view::Node node_of(const ContainerInstance& instance);

// The instance with what was changed in its view: labels, annotations, spec.unschedulable and spec.taints.
// Code::invalid, naming the field, when anything else that is wanted (not observed) differs from node_of(stored).
Result<ContainerInstance> write_back(const view::Node& given, const ContainerInstance& stored);

}  // namespace muster::projection
