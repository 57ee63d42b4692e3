// How long an agent may be silent before its connection is cut. A loop that comes late to its own sweep has not read
// yet what the agents may have sent meanwhile: it must not call them silent for that.
#pragma once

#include "api/base/time.h"

namespace muster::server {

// Times are those of the loop's monotonic clock.
class Patience {
 public:
  // A sweep is due then.
  void expect(Duration due) { due_ = due; }
  // The silence that a sweep at `now` tolerates: `silence`, but 10 s for as long again as the sweep came late.
  Duration tolerated(Duration now, Duration silence);

 private:
  Duration due_ = Duration::max();
  Duration patient_until_ = Duration::min();
};

}  // namespace muster::server
