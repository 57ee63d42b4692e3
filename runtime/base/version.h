// What this program is.
#pragma once

#include <string_view>

namespace muster {

std::string_view version();         // "0.1.0"
std::string_view build_revision();  // the commit it was built from, or "unknown"
std::string_view compiler();        // "g++ 12.2.0"
std::string_view machine();         // "amd64"

}  // namespace muster
