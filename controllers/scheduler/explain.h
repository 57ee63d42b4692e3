// Why a task is not placed, counted for its condition.
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

}  // namespace muster::scheduler
