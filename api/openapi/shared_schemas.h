// Schemas that belong to no kind of ours: what Kubernetes wraps around every API.
#pragma once

#include "api/openapi/schemas.h"

namespace muster::openapi {

// ListMeta, DeleteOptions, Status and what it holds, Patch, and autoscaling/v1 Scale.
const Schemas& shared_schemas();

inline constexpr std::string_view scale_schema = "io.k8s.api.autoscaling.v1.Scale";

}  // namespace muster::openapi
