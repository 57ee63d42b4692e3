// Which revision of a task definition a reference means.
#pragma once

#include <memory>
#include <string_view>

#include "api/state/state.h"
#include "api/types/task_definition.h"

namespace muster {

// "web" -> the newest ACTIVE revision; "web:3" -> itself, ACTIVE or not. Null when there is none.
std::shared_ptr<const TaskDefinitionRevision> find_revision(const State& state, std::string_view ns,
                                                            std::string_view task_definition);

}  // namespace muster
