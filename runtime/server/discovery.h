// What tools ask first: which groups, versions and resources there are. Made from the table of kinds.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace muster::server {

// The JSON of /version, /api, /apis, /api/v1, /apis/GROUP[/VERSION]; nothing for other paths.
std::optional<std::string> discovery(const std::vector<std::string>& segments);

}  // namespace muster::server
