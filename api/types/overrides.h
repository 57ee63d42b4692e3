// What a task changes of its definition.
#pragma once

#include <string_view>

#include "api/types/findings.h"
#include "api/types/task.h"

namespace muster {

// The definition with the sizes that the overrides give; their commands and environments are not in it.
TaskDefinitionSpec overridden(TaskDefinitionSpec definition, const TaskOverride& overrides);

// What can be said without the definition; `findings` is at the overrides in both.
void check_overrides(const TaskOverride& overrides, const Findings& findings);
// That every container override names a container of the definition, whose name is `revision`, and that the sizes still
// fit together.
void check_overrides_of(const TaskOverride& overrides, const TaskDefinitionSpec& definition, std::string_view revision,
                        const Findings& findings);

}  // namespace muster
