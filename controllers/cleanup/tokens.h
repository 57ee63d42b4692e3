// The Secrets of tokens go a day after the token has expired; until then whoever shows it is told why it is refused.
#pragma once

#include "controllers/base/controller.h"
#include "controllers/cleanup/shelf.h"

namespace muster::cleanup {

// A fold of the commits.
class Tokens {
 public:
  // Names no Secret: the one key under which all of them are looked at.
  static Key key();
  void start(const State& state, Keys& keys);
  void observe(const Change& change, Keys& keys);
  void clear(const State& state, Time now, Plan& plan) const;

 private:
  Shelf shelf_;
};

}  // namespace muster::cleanup
