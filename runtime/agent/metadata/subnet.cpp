#include "runtime/agent/metadata/subnet.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "api/base/text.h"

namespace muster::agent::metadata {
namespace {

constexpr std::int64_t most_in_byte = 255;
constexpr std::int64_t address_bits = 32;
constexpr std::uint32_t loopback = 127U << 24U;
constexpr unsigned loopback_bits = 8;

std::optional<std::uint32_t> parse_address(std::string_view text) {
  std::uint32_t out = 0;
  const auto parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  for (const std::string_view part : parts) {
    const auto value = parse_int(part);
    if (!value || *value < 0 || *value > most_in_byte) return std::nullopt;
    out = (out << 8U) | static_cast<std::uint32_t>(*value);
  }
  return out;
}

struct Network {
  std::uint32_t address = 0;
  unsigned bits = 0;
  bool has(std::uint32_t other) const {
    const std::uint32_t mask = bits == 0 ? 0 : ~std::uint32_t{0} << (address_bits - bits);
    return (address & mask) == (other & mask);
  }
};

std::optional<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = parse_address(text.substr(0, slash));
  const auto bits = parse_int(text.substr(slash + 1));
  // A network of everybody is none of containers.
  if (!address || !bits || *bits < 1 || *bits > address_bits) return std::nullopt;
  return Network{*address, static_cast<unsigned>(*bits)};
}

}  // namespace

bool may_ask(std::string_view peer, const std::vector<drivers::Bridge>& bridges) {
  const auto address = parse_address(peer.substr(0, peer.rfind(':')));
  if (!address) return false;
  if (Network{loopback, loopback_bits}.has(*address)) return true;
  return std::ranges::any_of(bridges, [&](const drivers::Bridge& bridge) {
    const auto network = parse_network(bridge.subnet);
    return network && network->has(*address);
  });
}

bool usable(const drivers::Bridge& bridge) {
  const auto gateway = parse_address(bridge.gateway);
  const auto network = parse_network(bridge.subnet);
  return gateway && network && network->has(*gateway);
}

}  // namespace muster::agent::metadata
