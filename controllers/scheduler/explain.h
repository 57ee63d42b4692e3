// Why a task is not placed: counted for its condition, and instance by instance for those who ask.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "controllers/scheduler/filters.h"

namespace muster::scheduler {

struct Refusal {
  std::string message;            // "0/12 instances: 7 insufficient memory, 5 missing attribute zone"
  std::set<std::string> reasons;  // without the numbers
  std::size_t instances = 0;
};
// Every instance refuses; each is counted under the first filter that does.
Refusal explain(const Requirement& requirement, const Hosts& hosts, GroupId group);

// One row of `why`.
struct Verdict {
  std::string instance;
  std::string filter;  // empty: the instance could take the task
  std::string reason;  // "insufficient memory"
  std::string detail;  // "needs 512 MiB, 100 MiB of 8192 MiB are free"
};
// For each instance of the task's cluster, in order of names. Reads the whole state.
std::vector<Verdict> why(const State& state, const Task& task);

}  // namespace muster::scheduler
