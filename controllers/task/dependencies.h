// The order of a task's containers: dependsOn and links on the way up, their reverse on the way down.
#pragma once

#include <optional>
#include <string>

#include "controllers/task/view.h"

namespace muster::task {

struct Verdict {
  enum class Answer { ready, wait, never };
  Answer answer = Answer::ready;
  std::string error;             // of never: "CannotStartContainerError: dependency graph: ..."
  std::optional<Time> deadline;  // of wait: when it turns into never
};

// The condition for its creation; asked only while the container does not exist.
Verdict may_create(const View& view, const Container& container, Time now);
// The condition for its start, once it has been created.
Verdict may_start(const View& view, const Container& container);
// True when nothing that depends on the container runs any more.
bool may_stop(const View& view, const Container& container);

}  // namespace muster::task
