// Makes images present: one pull an image however many containers wait for it, a few tries, then the reason.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/agent/lanes.h"
#include "runtime/agent/life.h"
#include "runtime/base/random.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

class Images {
 public:
  Images(Loop& loop, Random& random, drivers::Driver& driver);
  Images(const Images&) = delete;
  Images& operator=(const Images&) = delete;

  // `done` never runs from inside the call. The text of an error begins with an ECS error name. Code::unavailable: the
  // engine is away.
  void ensure(const std::string& image, drivers::DoneVoid done);
  // The engine said that it does not have the image after all.
  void forget(const std::string& image);
  std::uint64_t pulls() const { return pulls_; }

 private:
  struct Fetch {
    std::vector<drivers::DoneVoid> waiting;
    int failures = 0;
  };

  void check(const std::string& image);
  void pull(const std::string& image);
  void pulled(const std::string& image, const Status& status);
  void finish(const std::string& image, const Status& status);

  Loop& loop_;
  Random& random_;
  drivers::Driver& driver_;
  Lane lane_;
  std::map<std::string, Fetch> fetches_;
  std::map<std::string, Duration> present_;  // when it was last known to be there; monotonic
  std::uint64_t pulls_ = 0;
  Life life_;
};

}  // namespace muster::agent
