// Task -> discovery.k8s.io/v1 EndpointSlice.
#pragma once

#include <optional>

#include "api/types/cluster.h"
#include "api/types/endpoint_slice.h"
#include "api/types/task.h"

namespace muster::projection {

// Nothing unless the task is one of a service, is ready, and its host is reachable and has an address. Its ports are
// those it has on the host; a task without any still has a slice.
std::optional<view::EndpointSlice> slice_of(const Task& task, const TaskDefinitionSpec* definition,
                                            const ContainerInstance* instance);

// "web" of a task of the service `web`; empty for other tasks.
std::string_view service_of(const Task& task);

}  // namespace muster::projection
