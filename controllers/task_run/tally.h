// The tasks of one run, counted.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "api/state/state.h"
#include "api/types/task_run.h"

namespace muster::task_run {

using TaskPtr = std::shared_ptr<const Task>;

struct Slot {
  TaskPtr newest;
  bool succeeded = false;
};

struct Tally {
  std::vector<Slot> slots;  // by number, as many as the run's count
  std::int32_t pending = 0, running = 0, succeeded = 0, failed = 0;
  std::int32_t live = 0;      // not stopped, lost ones included
  std::int32_t replaced = 0;  // attempts beyond the first of their slots: retries that are used up
  Time first_started{};
  TaskPtr first_failure;  // the one that stopped first
};

// Every essential container ended with 0, and nobody asked the task to stop.
bool succeeded(const Task& task, const TaskDefinitionRevision* revision);
// Of the first essential container that failed, else of the first one.
std::optional<std::int32_t> exit_code_of(const Task& task, const TaskDefinitionRevision* revision);
Tally tally_of(const State& state, const TaskRun& run);

}  // namespace muster::task_run
