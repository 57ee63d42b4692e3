// Which TaskSets a service has, which of them is the PRIMARY, and when it needs another one (ecs.md sections 3.2
// and 3.3).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/state/state.h"
#include "api/types/service.h"
#include "controllers/base/plan.h"

namespace muster::service {

using TaskSetPtr = std::shared_ptr<const TaskSet>;

// INACTIVE sets that are kept for `rollout history` and `rollout undo`.
inline constexpr std::size_t kept_history = 10;

// Of the set among its service's, from 1; 0 when it carries no number.
std::int64_t rollout_number(const TaskSet& set);
// All sets that the service owns, the newest first.
std::vector<TaskSetPtr> task_sets_of(const State& state, const Service& service);
// The newest set that is not being deleted, or null.
TaskSetPtr primary_of(const std::vector<TaskSetPtr>& sets);
// What the sets of one definition take from Secrets and ConfigMaps, and in which state that is: of each object its uid
// and its generation, which counts the changes of its values. The values themselves do not enter: a hash of them could
// be guessed at.
struct ConfigState {
  std::vector<std::string> references;  // "secret/db"
  std::string hash;                     // empty without references
};
ConfigState config_state(const State& state, std::string_view ns, std::string_view definition);
// Whether the service asks for another configuration than the set's. Placement, counts and percentages are not part of
// it.
bool needs_rollout(const State& state, const Service& service, std::string_view definition, const TaskSet& primary);
// The set of the next rollout. Its name follows from the service's uid and the rollout's number alone, so that a plan
// made from a stale state conflicts instead of starting a second rollout.
TaskSet next_set(const State& state, const Service& service, std::string_view definition,
                 const std::vector<TaskSetPtr>& sets);
// Brings the set's placement up to date; null when it is.
TaskSetPtr with_placement_of(const Service& service, const TaskSetPtr& set);
// Deletes what is beyond the kept history.
void prune_history(const std::vector<TaskSetPtr>& sets, Plan& plan);

}  // namespace muster::service
