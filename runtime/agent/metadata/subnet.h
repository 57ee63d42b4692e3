// Who may ask, by address. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/drivers/base/driver.h"

namespace muster::agent::metadata {

// A peer as http::Exchange::peer() tells it, "172.17.0.2:54321": of this host itself, or of one of the bridges'
// networks. The host takes packets for a bridge's address that come from elsewhere too.
bool may_ask(std::string_view peer, const std::vector<drivers::Bridge>& bridges);
// Whether both are what they should be: an IPv4 address, and the network that it is in.
bool usable(const drivers::Bridge& bridge);

}  // namespace muster::agent::metadata
