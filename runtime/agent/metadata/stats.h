// What a container uses, as Docker's statistics have it, which ECS passes on. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/base/time.h"
#include "api/schema/node.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent::metadata {

// Of a counter, what rates are reckoned from.
struct Moment {
  Time measured_at{};
  Duration since_boot{};
  Duration cpu{};
  std::int64_t received = 0, sent = 0;  // bytes, over all interfaces
};

struct Measurement {
  std::string name, id;  // on the host
  drivers::Usage usage;
  Moment now;
  std::optional<Moment> before = {};
};

struct Machine {
  std::int64_t cpus = 0, memory_bytes = 0;
};

Moment moment_of(const drivers::Usage& usage, Time measured_at, Duration since_boot);
// What a driver does not know is left out.
Node stats(const Measurement& measured, const Machine& machine);

}  // namespace muster::agent::metadata
