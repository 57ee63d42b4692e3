#include "runtime/base/random.h"

#include <sys/random.h>

#include <cerrno>

#include "api/base/assert.h"
#include "api/base/text.h"

namespace muster {

std::uint64_t SystemRandom::next() {
  std::uint64_t value = 0;
  ssize_t got = 0;
  do {
    got = ::getrandom(&value, sizeof value, 0);
  } while (got < 0 && errno == EINTR);
  MUSTER_ASSERT(got == static_cast<ssize_t>(sizeof value));  // up to 256 bytes always come whole
  return value;
}

std::uint64_t SeededRandom::next() {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t value = state_;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

std::string random_hex32(Random& random) {
  std::string out = hex(random.next(), 16);
  out += hex(random.next(), 16);
  return out;
}

}  // namespace muster
