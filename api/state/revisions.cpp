#include "api/state/revisions.h"

#include "api/base/text.h"

namespace muster {

std::shared_ptr<const TaskDefinitionRevision> find_revision(const State& state, std::string_view ns,
                                                            std::string_view task_definition) {
  if (task_definition.find(':') != std::string_view::npos)
    return state.get<TaskDefinitionRevision>(ns, task_definition);
  // Nearly always the family's last number is the answer, whatever the length of its history.
  if (const auto family = state.get<TaskDefinition>(ns, task_definition)) {
    auto latest = state.get<TaskDefinitionRevision>(ns, str(task_definition, ':', family->status.latest_revision));
    if (latest != nullptr && latest->status.status == RevisionState::active) return latest;
  }
  std::shared_ptr<const TaskDefinitionRevision> newest;
  state.each(Index::family, str(ns, '/', task_definition), [&](const ObjectPtr& object) {
    const auto revision = as<TaskDefinitionRevision>(object);
    if (revision != nullptr && revision->status.status == RevisionState::active) newest = revision;
    return true;
  });
  return newest;
}

}  // namespace muster
