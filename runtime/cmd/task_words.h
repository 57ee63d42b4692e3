// The tasks that a user means by task/NAME, service/NAME or taskrun/NAME.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/types/task.h"
#include "runtime/cmd/client_verb.h"

namespace muster::cmd {

// One word: a single name is that of a task. Code::malformed with a hint for kinds that have no tasks.
Result<Reference> parse_task_word(const std::string& word);
// The tasks that have been placed, oldest first: of a service those that have not stopped, of a run all of them. Of a
// task only its name is looked at. Code::not_found when there are none.
Result<std::vector<std::string>> task_names(Session& session, const Reference& reference);
// The tasks that ran before in the slots of those: of each slot the last that has stopped, of a task the last before
// it. Code::not_found when there are none.
Result<std::vector<std::string>> previous_tasks(Session& session, const Reference& reference);
// One task to talk to: the one named, or one that is RUNNING.
Result<std::string> running_task(Session& session, const std::string& word);
// The path of a task's subresource.
std::string task_path(const Session& session, const std::string& name, std::string_view subresource);

}  // namespace muster::cmd
