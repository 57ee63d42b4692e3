#include "runtime/server/stream_target.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/types/host_names.h"

namespace muster::server {

bool query_flag(const http::Target& target, std::string_view name) {
  return target.has(name) && target.param(name) != "false" && target.param(name) != "0";
}

Result<std::shared_ptr<const Task>> placed_task(const Call& call, const State& state) {
  auto task = state.get<Task>(call.ns, call.name);
  if (task == nullptr) return Error{Code::not_found, str(call.kind->resource(), " \"", call.name, "\" not found"), {}};
  if (task->spec.container_instance.empty()) {
    return Error{Code::malformed, str("task ", call.name, " has not been placed yet: it has no containers"), {}};
  }
  return task;
}

Result<std::string> wanted_container(const Call& call, const Task& task) {
  const std::string name(call.target.param("container"));
  const std::vector<ContainerStatus>& containers = task.status.containers;
  if (!name.empty()) {
    const bool known = containers.empty() ||
                       std::ranges::any_of(containers, [&](const ContainerStatus& each) { return each.name == name; });
    if (known) return name;
    return Error{Code::malformed, str("container ", name, " is not valid for task ", task.metadata.name), {}};
  }
  if (containers.size() > 1) {
    std::string names;
    for (const ContainerStatus& container : containers) names += (names.empty() ? "" : ", ") + container.name;
    return Error{
        Code::malformed,
        str("a container name must be specified for task ", task.metadata.name, ", choose one of: [", names, "]"),
        {}};
  }
  return containers.empty() ? std::string() : containers.front().name;
}

std::string container_of_port(const Task& task, int port) {
  for (const ContainerStatus& container : task.status.containers) {
    for (const NetworkBinding& binding : container.network_bindings) {
      const auto span = parse_port_span(binding.container_port_range);
      if (binding.container_port == port || (span && port >= span->first && port <= span->last)) return container.name;
    }
  }
  return task.status.containers.empty() ? std::string() : task.status.containers.front().name;
}

}  // namespace muster::server
