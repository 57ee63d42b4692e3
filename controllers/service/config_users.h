// Which services use which Secrets and ConfigMaps: a fold of commits over their TaskSets, so that a change of one is
// looked at for its users alone.
#pragma once

#include <map>

#include "api/state/state.h"
#include "controllers/base/controller.h"

namespace muster::service {

class ConfigUsers {
 public:
  void start(const State& state);
  // Of a TaskSet; changes of other kinds say nothing.
  void observe(const Change& change);
  // The services that use the object and ask to be rolled out when it changes.
  void add_users(const Key& object, const State& state, Keys& keys) const;

 private:
  enum class Step { in, out };
  void count(const Object* object, Step step);

  std::map<Key, std::map<Key, std::size_t>> users_;  // object -> service -> how many of its sets refer to it
};

}  // namespace muster::service
