// What the container of a task does, in the words of Kubernetes.
#pragma once

#include <string_view>

#include "api/types/pod.h"
#include "api/types/task.h"

namespace muster::projection {

view::ContainerState state_of(const Task& task, const ContainerStatus& container);

// "CannotPullContainerError: manifest unknown" -> "CannotPullContainerError"; empty when the text does not begin with
// the name of an error.
std::string_view error_name(std::string_view reason);

}  // namespace muster::projection
