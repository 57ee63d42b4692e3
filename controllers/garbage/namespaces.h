// Namespaces that are being deleted: emptied, then let go.
#pragma once

#include <set>
#include <string>

#include "controllers/base/controller.h"

namespace muster::garbage {

// The namespaces that are being deleted: a fold of the commits.
class Namespaces {
 public:
  void start(const State& state, Keys& keys);
  void observe(const Change& change, Keys& keys);

 private:
  std::set<std::string, std::less<>> terminating_;
};

// Deletes what is in a namespace that is to go and says in its status what it still waits for; lets it go when nothing
// is left.
void empty_namespace(const State& state, const ObjectPtr& object, Time now, Plan& plan);

}  // namespace muster::garbage
