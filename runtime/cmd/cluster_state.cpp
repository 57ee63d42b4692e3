#include "runtime/cmd/cluster_state.h"

#include <utility>

#include "api/base/text.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/service.h"
#include "api/types/task.h"
#include "api/types/task_definition.h"
#include "api/types/task_run.h"

namespace muster::cmd {

Result<State> read_cluster_state(Session& session) {
  const std::pair<const Kind*, std::string> lists[] = {
      {&kind_of<Namespace>(), {}},
      {&kind_of<Cluster>(), {}},
      {&kind_of<TaskDefinitionRevision>(), {}},
      {&kind_of<Service>(), {}},
      {&kind_of<TaskSet>(), {}},
      {&kind_of<TaskRun>(), {}},
      {&kind_of<ContainerInstance>(), {}},
      {&kind_of<Task>(), "fieldSelector=" + http::percent_encode("status.lastStatus!=STOPPED")},
  };
  State state;
  std::string ns;  // all of them
  std::swap(session.ns, ns);
  Status failure;
  for (const auto& [kind, query] : lists) {
    auto objects = fetch_all(session, *kind, query);
    if (!objects.ok()) {
      failure = std::move(objects).error();
      if (failure.error().code == Code::forbidden) {
        failure = std::move(failure).error().under(
            "this needs the right to list what tasks of all namespaces hold of the instances (role view, "
            "cluster-wide)");
      }
      break;
    }
    for (auto& object : *objects) state.put(std::move(object));
  }
  std::swap(session.ns, ns);
  if (!failure.ok()) return std::move(failure).error();
  return state;
}

}  // namespace muster::cmd
