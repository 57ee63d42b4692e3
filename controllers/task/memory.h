// What must be remembered of a task from one decision to the next, beyond what the engine can tell.
#pragma once

#include <string>
#include <vector>

#include "api/types/task.h"
#include "controllers/task/desired.h"
#include "controllers/task/observed.h"

namespace muster::task {

// Beside the ContainerStatus of the same index.
struct ContainerMemory {
  bool created = false;  // a create has been asked for; the container may exist
  bool ran = false;      // its process has been started
  bool image_ready = false;
  std::string image;          // the exact name of what is ready; empty: that of the definition
  std::int32_t failures = 0;  // of steps that will be tried again, in a row
  Time not_before{};          // of the next step
  bool operator==(const ContainerMemory&) const = default;
};

struct TaskMemory {
  // What was last decided and reported. stopping_at is set as soon as the task is going down, for whatever reason.
  TaskStatus status;
  std::vector<ContainerMemory> containers;
  bool operator==(const TaskMemory&) const = default;
};

// The memory of a task that is new to this agent. `status` is the server's: what it says has happened is not done
// again.
TaskMemory first_memory(const TaskStatus& status);

// What the container's image has turned out to be: exactly one of digest and id, or nothing. Said before it is pulled
// where that takes its time, so that others can be given the same.
void resolved(TaskMemory& memory, const std::string& container, const std::string& digest, const std::string& id);

// The outcome of steps. `text` begins with an ECS error name.
void began(TaskMemory& memory, StepKind step, const std::string& container, Time now);
void succeeded(TaskMemory& memory, StepKind step, const std::string& container, Time now);
// pull, create and start are final: the container has stopped. stop and remove are tried again after a while.
void failed(TaskMemory& memory, StepKind step, const std::string& container, const std::string& text, Time now);

// The index of the container, added when it is new.
std::size_t index_of(TaskMemory& memory, const std::string& container);

}  // namespace muster::task
