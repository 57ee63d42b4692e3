// Rebuilds from the log what the store keeps in memory.
#pragma once

#include <cstdint>
#include <deque>

#include "runtime/store/log.h"
#include "runtime/store/store.h"
#include "runtime/store/window.h"

namespace muster::store {

// A row that is history: another one has taken its place. A deletion takes its own place.
struct Superseded {
  std::int64_t revision = 0;
  std::int64_t by = 0;  // the revision that did it
  Time time{};          // when
};

struct Recovered {
  State state;
  Window window;
  std::deque<Superseded> superseded;  // in the order of `by`
};

// Reads the log twice: first to learn which rows still matter, then to decode only those.
Result<Recovered> recover(Log& log, const StoreOptions& options);

}  // namespace muster::store
