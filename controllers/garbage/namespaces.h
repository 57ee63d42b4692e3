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

void empty_namespace(const State& state, const ObjectPtr& object, Plan& plan);

}  // namespace muster::garbage
