// How often a task may ask: ECS's own limit, 40 requests a second and bursts of 60, but for each task, so that none can
// keep the others from asking.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "api/base/time.h"

namespace muster::agent::metadata {

class Quota {
 public:
  // `now`: monotonic. False: too often. Those without a name of their own share one.
  bool take(const std::string& who, Duration now) {
    if (buckets_.size() >= most && buckets_.count(who) == 0) {
      std::erase_if(buckets_, [&](const auto& each) { return left(each.second, now) >= burst; });
      if (buckets_.size() >= most) return false;
    }
    Bucket& bucket = buckets_.try_emplace(who, Bucket{burst, now}).first->second;
    bucket = {left(bucket, now), now};
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  }
  std::size_t size() const { return buckets_.size(); }

  static constexpr double burst = 60, a_second = 40;
  static constexpr std::size_t most = 4096;

 private:
  struct Bucket {
    double left = burst;
    Duration at{};
  };
  static double left(const Bucket& bucket, Duration now) {
    return std::min(burst, bucket.left + std::chrono::duration<double>(now - bucket.at).count() * a_second);
  }
  std::map<std::string, Bucket> buckets_;
};

}  // namespace muster::agent::metadata
