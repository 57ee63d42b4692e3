// All clusters: a fold of the changes of instances, tasks, definitions and owners. The sum of all changes equals a
// model built anew from the state they lead to.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/types/task_definition.h"
#include "controllers/scheduler/pool.h"

namespace muster::scheduler {

// What tasks of each definition reserve, known for as long as one of them holds it, even when the revision itself is
// gone.
class Definitions {
 public:
  // What the task reserves from now on.
  Resources take(const State& state, const Task& task);
  // What it had reserved.
  Resources give_back(const Task& task);
  // Tasks that reserve nothing because their revision did not exist; it does now.
  std::vector<TaskPtr> blind(const std::string& definition) const;

 private:
  struct Entry {
    std::shared_ptr<const TaskDefinitionRevision> revision;  // null: not seen yet
    Resources resources;                                     // without overrides
    std::uint32_t holders = 0;
    std::map<std::string, TaskPtr> blind;  // by uid
  };
  Resources of(const Entry& entry, const Task& task) const;
  std::map<std::string, Entry> entries_;  // by "namespace/web:3"
};

class Model {
 public:
  void build(const State& state);
  // `after` holds at least this change. Answers the clusters whose key is to be looked at again.
  std::vector<std::string> observe(const Change& change, const State& after);

  // Made when there is none.
  Pool& pool(const std::string& cluster) { return pools_[cluster]; }
  Pool* find(const std::string& cluster);
  std::vector<std::string> with_work() const;

 private:
  template <class T>
  static std::vector<std::string> clusters_of(const T* before, const T* after);
  std::vector<std::string> all_clusters() const;
  void observe_task(const TaskPtr& before, const TaskPtr& after, const State& state);
  void observe_instance(const ContainerInstance* before, const std::shared_ptr<const ContainerInstance>& after);
  void observe_revision(const TaskDefinitionRevision& revision, const State& state);
  void hold(const State& state, const TaskPtr& task);
  void release(const Task& task);

  std::map<std::string, Pool> pools_;
  Definitions definitions_;
};

}  // namespace muster::scheduler
