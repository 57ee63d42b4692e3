// What one kind of task asks of an instance: resolved once for all tasks that ask the same.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/query/query.h"
#include "api/state/state.h"
#include "api/types/task.h"
#include "controllers/scheduler/strategies.h"

namespace muster::scheduler {

struct Requirement {
  std::string problem;  // why no instance can be asked at all ("task definition web:3 does not exist"); else empty
  std::string ns;
  std::string group;    // "namespace/service:web"
  std::string service;  // name of the Service, when it has one
  Resources need;
  std::vector<query::Query> member_of;
  std::vector<Toleration> tolerations;
  bool distinct_instance = false;
  bool reads_tasks = false;   // an answer may change when tasks start or stop on an instance
  std::string only_instance;  // the one instance that can match, when an expression names it
  Ranking ranking;
};

// Tasks with the same text ask the same: same owner, definition, group, own constraints and overrides.
std::string requirement_key(const Task& task);
// "namespace/name" of the group a task belongs to.
std::string group_of(const Task& task);
Requirement resolve(const State& state, const Task& task);

}  // namespace muster::scheduler
