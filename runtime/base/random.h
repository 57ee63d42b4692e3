// The seam for randomness.
#pragma once

#include <cstdint>
#include <string>

namespace muster {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
};

// From the kernel; for identities.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
};

// The same numbers for the same seed on every machine (splitmix64).
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;

 private:
  std::uint64_t state_;
};

// 32 lower-case hex digits: a task's uid is the ECS task id.
std::string random_hex32(Random& random);
// A UUID of version 4.
std::string random_uuid(Random& random);

}  // namespace muster
