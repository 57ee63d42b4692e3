// How many events an agent may tell: a burst, then a few a second. What is more is dropped and counted.
#pragma once

#include <algorithm>
#include <cstdint>

#include "api/base/time.h"

namespace muster::agent {

class EventQuota {
 public:
  // `now`: monotonic.
  bool take(Duration now) {
    const double seconds = std::chrono::duration<double>(now - at_).count();
    left_ = std::min(burst, left_ + seconds * a_second);
    at_ = now;
    if (left_ < 1) {
      ++dropped_;
      return false;
    }
    left_ -= 1;
    return true;
  }
  std::uint64_t dropped() const { return dropped_; }

 private:
  static constexpr double burst = 50, a_second = 2;
  double left_ = burst;
  Duration at_{};
  std::uint64_t dropped_ = 0;
};

}  // namespace muster::agent
