// Why a task is where it is, or nowhere: every instance's answer as of now, for those who ask. Reads a whole state; the
// scheduler itself never calls it.
#pragma once

#include <string>
#include <vector>

#include "api/state/state.h"
#include "api/types/cluster.h"
#include "api/types/task.h"

namespace muster::scheduler {

struct Objection {
  std::string filter;  // "memory"
  std::string reason;  // "insufficient memory"
  std::string detail;  // "needs 512 MiB, 100 MiB of 8192 MiB are free"; empty: the reason says it all
};

// What one instance says to a task.
struct Verdict {
  std::string instance;
  std::vector<Objection> objections;  // in the order of the filters; empty: it could take the task
  // The order in which those that could take it are preferred: 1 is where it would go. Equals share a number; 0:
  // refused.
  std::size_t rank = 0;
  std::string standing;  // what the order is by: "2 tasks of the group in zone a, 1 on the instance"
};

struct Answer {
  std::string asked;               // "256 cpu units, 512 MiB, port 80/tcp; attribute:disk == ssd"
  std::string problem;             // no instance can be asked at all: "task definition web:3 does not exist"
  std::vector<Verdict> instances;  // of the task's cluster, in order of names
  // Where no instance takes it: the smallest change of one thing that would make one do so; empty when none is enough.
  std::string remedy;
};

// As if the task were placed now: what it holds itself counts as free.
Answer why(const State& state, const Task& task);

// Tasks that wait for an instance and ask the same, and what one instance objects to.
struct Waiting {
  std::string ns, example;  // the first of them
  std::size_t tasks = 0;
  std::string problem;
  std::vector<Objection> objections;
};
std::vector<Waiting> waiting_tasks(const State& state, const ContainerInstance& instance);

}  // namespace muster::scheduler
