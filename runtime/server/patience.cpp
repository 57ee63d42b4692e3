#include "runtime/server/patience.h"

#include <algorithm>

namespace muster::server {
namespace {

constexpr Duration tolerated_lateness = std::chrono::milliseconds(100);
constexpr Duration longest_silence = std::chrono::seconds(10);

}  // namespace

Duration Patience::tolerated(Duration now, Duration silence) {
  if (due_ < now && now - due_ > tolerated_lateness) patient_until_ = now + (now - due_);
  return now < patient_until_ ? std::max(silence, longest_silence) : silence;
}

}  // namespace muster::server
