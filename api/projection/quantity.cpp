#include "api/projection/quantity.h"

#include "api/base/text.h"

namespace muster::projection {

std::string cpu_quantity(std::int64_t units) {
  if (units % 1024 == 0) return str(units / 1024);
  return str(units * 1000 / 1024, "m");
}

std::string memory_quantity(std::int64_t mib) {
  return str(mib, "Mi");
}

std::string_view protocol_name(Protocol protocol) {
  return protocol == Protocol::udp ? "UDP" : "TCP";
}

}  // namespace muster::projection
