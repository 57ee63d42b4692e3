// INACTIVE task definition revisions: kept while anything refers to them.
#pragma once

#include <map>
#include <string>

#include "controllers/base/controller.h"

namespace muster::garbage {

// How many TaskSets, Tasks, TaskRuns and Services refer to each revision by name: a fold of the commits.
class References {
 public:
  void start(const State& state, Keys& keys);
  void observe(const Change& change, const State& after, Keys& keys);
  bool any(const Key& revision) const { return counts_.count(revision) != 0; }

 private:
  void add(const Object& object);
  void remove(const Object& object, const State& after, Keys& keys);

  std::map<Key, std::int64_t> counts_;
};

// Deletes the revision if nothing needs it. The highest number of a family stays for ever: it is the family's counter.
void forget_revision(const State& state, const References& references, const ObjectPtr& object, Plan& plan);

}  // namespace muster::garbage
