// The filters that an instance must pass to take a task, in the order in which they are asked and blamed. Each has a
// name, a check, and an explanation with and without numbers.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "controllers/scheduler/hosts.h"
#include "controllers/scheduler/requirement.h"

namespace muster::scheduler {

// What an answer depends on: what tasks hold, or only what the instance itself is.
enum class Depth { tasks, facts };

// One instance as a filter sees it.
struct Candidate {
  const Host& host;
  const Groups& groups;
  GroupId group;  // of the task
};

struct Filter {
  std::string_view name;       // "memory"
  Depth depth = Depth::facts;  // what may change the answer
  bool (*check)(const Requirement& requirement, const Candidate& candidate);
  // A short reason that is counted over instances: "insufficient memory".
  std::string (*reason)(const Requirement& requirement, const Candidate& candidate);
  // The same with the numbers of this instance: "needs 512 MiB, 100 MiB of 8192 MiB are free". Empty: the reason says
  // it all.
  std::string (*detail)(const Requirement& requirement, const Candidate& candidate);
};

std::span<const Filter> filters();
// The first that refuses, or null.
const Filter* refusing(const Requirement& requirement, const Candidate& candidate);
// Only those of this depth.
bool passes(const Requirement& requirement, const Candidate& candidate, Depth depth);

}  // namespace muster::scheduler
