// Owner references by uid: background, foreground and orphaning deletion, as Kubernetes does them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "controllers/base/controller.h"

namespace muster::garbage {

// Dependents that no index finds, and owners that are gone: a fold of the commits.
class Owners {
 public:
  // Rebuilds everything.
  void start(const State& state, Keys& keys);
  void observe(const Change& change, const State& after, Keys& keys);
  // Uids of owners of this key that are gone but still have dependents.
  std::vector<std::string> gone(const Key& owner) const;
  // All dependents of the uid, in order of their keys; stops after `limit`.
  std::vector<ObjectPtr> dependents(const State& state, const std::string& uid, std::size_t limit) const;

 private:
  void add(const Object& object, const State& state, Keys& keys);
  void remove(const Object& object, const State& after);
  void add_finishing(const Object& object, Keys& keys);

  std::map<std::string, std::set<Key>, std::less<>> uncontrolled_;  // owner's uid -> dependents it does not control
  std::map<Key, std::set<std::string, std::less<>>> gone_;          // owner's key -> uids that still have dependents
  std::set<std::string, std::less<>> finishing_;                    // uids of owners that wait for finalizers
};

// The key that a reference of the dependent means; its kind is null when the kind is unknown here.
Key owner_key(const OwnerReference& reference, const Object& dependent);
bool exists(const State& state, const OwnerReference& reference, const Object& dependent);

// Deletes what is left of a gone owner's dependents, or takes the dead reference away from those that have another
// owner.
void collect_dependents(const State& state, const Owners& owners, const std::string& uid, Plan& plan);
// An owner that is being deleted with one of Kubernetes' two finalizers.
void finish_owner(const State& state, const Owners& owners, const ObjectPtr& owner, Plan& plan);

}  // namespace muster::garbage
