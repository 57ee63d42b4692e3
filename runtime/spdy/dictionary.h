// The preset dictionary with which SPDY/3 compresses headers (section 2.6.10.1 of its specification).
#pragma once

#include <string_view>

namespace muster::spdy {

std::string_view dictionary();

}  // namespace muster::spdy
