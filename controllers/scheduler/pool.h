// One cluster as the scheduler sees it: its hosts, and the tasks that have none yet, sorted by what they ask for.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/scheduler/candidates.h"
#include "controllers/scheduler/explain.h"

namespace muster::scheduler {

using TaskPtr = std::shared_ptr<const Task>;
struct ByName {
  bool operator()(const TaskPtr& a, const TaskPtr& b) const {
    if (const int order = a->metadata.ns.compare(b->metadata.ns); order != 0) return order < 0;
    return a->metadata.name < b->metadata.name;
  }
};
using Tasks = std::set<TaskPtr, ByName>;

// All tasks without an instance that ask the same.
struct Demand {
  std::string key;
  Requirement requirement;
  std::string owner_uid;
  std::string definition;  // "namespace/web:3"
  GroupId group = 0;
  Tasks waiting;  // to be placed; of a refused demand: to be told why not
  Tasks told;     // carry the refusal's message; nothing to do until a change lets them in
  bool refused = false;
  Refusal refusal;    // the last one, also when it has been woken since
  Time said_at{};     // when the refusal's message became what it is
  Time say_at{};      // when a newer message is due; unset: there is none
  std::string noted;  // the message that the last event told
  std::optional<Candidates> candidates;
  std::uint64_t used = 0;  // when, counted in plans

  const TaskPtr* any_task() const {
    return !waiting.empty() ? &*waiting.begin() : !told.empty() ? &*told.begin() : nullptr;
  }
};

// The condition's message of a task that was refused; null when it has none.
const Condition* refusal_of(const Task& task);

class Pool {
 public:
  Hosts& hosts() { return hosts_; }
  const Hosts& hosts() const { return hosts_; }

  void add_pending(const State& state, TaskPtr task);
  void remove_pending(const TaskPtr& task);
  void add_withdrawn(TaskPtr task) { withdrawn_.insert(std::move(task)); }
  void remove_withdrawn(const TaskPtr& task) { withdrawn_.erase(task); }

  // What the tasks of an owner, a definition or a namespace ask for may be another now.
  void resolve_owner(const State& state, const std::string& uid);
  void resolve_definition(const State& state, const std::string& definition);
  void resolve_namespace(const State& state, const std::string& ns);
  // Lets those refused demands in again that a change since the last call may have opened a place for.
  void wake();
  bool has_work() const { return !ready_.empty() || !withdrawn_.empty(); }

  // All of them, those without tasks too, which are kept for their order only.
  const std::map<std::string, Demand, std::less<>>& demands() const { return demands_; }
  const Tasks& withdrawn() const { return withdrawn_; }
  // Demands with waiting tasks, in order of their keys.
  std::vector<Demand*> ready();
  // Where the next task of the demand goes, or Hosts::npos.
  HostId best(Demand& demand, std::uint64_t draw);
  // Marks the demand as refused, with the reasons of now. Many tasks are told new ones once in `tell_interval` only:
  // instances that come and go would have thousands of tasks written each time.
  void refuse(Demand& demand, Time now);
  // Lets demands in again whose newer message is due. Answers when the next one will be; unset: never.
  Time tell_due(Time now);
  // The task carries the refusal's message already.
  void told(Demand& demand, const TaskPtr& task);

  // How many instances have been read one by one, in all: bounds the work of a plan.
  std::uint64_t visits() const { return visits_; }

  // A placement that is being committed counts at once. It is confirmed by the task's change, or dropped.
  void assume(const Task& task, Hold hold);
  // True when the assumption was exactly this, and stands for it from now on.
  bool confirm(const Task& task, const Hold& hold);
  void drop_assumption(const Task& task);
  void drop_assumptions();

  // Forgets what was kept for speed beyond a bound; called after each plan.
  void trim();

 private:
  using Demands = std::map<std::string, Demand, std::less<>>;
  void resolve_if(const State& state, const std::function<bool(const Demand&)>& affected);
  void let_in(Demand& demand);
  void release(Demands::iterator at);

  Hosts hosts_;
  Demands demands_;
  std::set<std::string, std::less<>> ready_, refused_;  // keys of demands
  std::set<std::string, std::less<>> unsaid_;           // of those with say_at
  Tasks withdrawn_;
  std::map<std::string, Hold> assumed_;  // by "namespace/name" of the task
  std::uint64_t woken_ = 0;              // the first change of a host that wake() has not seen
  std::uint64_t plans_ = 0, visits_ = 0;
};

}  // namespace muster::scheduler
