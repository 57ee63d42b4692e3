#include "runtime/base/random.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <utility>

#include "api/base/assert.h"
#include "api/base/text.h"

namespace muster {

std::uint64_t SystemRandom::next() {
  // A system call for each number costs more than making it: every object's uid takes two. Each thread keeps some.
  thread_local std::array<std::uint64_t, 32> kept;  // 256 bytes always come whole
  thread_local std::size_t left = 0;
  if (left == 0) {
    ssize_t got = 0;
    do {
      got = ::getrandom(kept.data(), sizeof kept, 0);
    } while (got < 0 && errno == EINTR);
    MUSTER_ASSERT(got == static_cast<ssize_t>(sizeof kept));
    left = kept.size();
  }
  return std::exchange(kept[--left], 0);
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

std::string random_uuid(Random& random) {
  std::string digits = random_hex32(random);
  digits[12] = '4';
  digits[16] = "89ab"[random.next() % 4];
  return str(digits.substr(0, 8), '-', digits.substr(8, 4), '-', digits.substr(12, 4), '-', digits.substr(16, 4), '-',
             digits.substr(20));
}

}  // namespace muster
