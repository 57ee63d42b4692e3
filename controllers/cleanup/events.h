// Events go after a week, or when there are too many.
#pragma once

#include "controllers/base/controller.h"
#include "controllers/cleanup/shelf.h"

namespace muster::cleanup {

// A fold of the commits.
class Events {
 public:
  // Names no event: the one key under which all of them are looked at.
  static Key key();
  void start(const State& state, Keys& keys);
  void observe(const Change& change, Keys& keys);
  void clear(const State& state, Time now, Plan& plan) const;

 private:
  Shelf shelf_;
};

}  // namespace muster::cleanup
