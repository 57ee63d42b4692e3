// YAML text <-> Node. The only includer of yaml-cpp. Scalars follow YAML 1.2's core schema (yes/no/on/off are strings),
// duplicate keys are errors, aliases expand within a budget, merge keys (<<) are refused.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "api/schema/node.h"

namespace muster {

// All documents of the text, empty ones left out. JSON texts are YAML too and are read by parse_json when the first
// character is '{' or '['. Code::malformed with "line L, column C: ..." otherwise.
Result<std::vector<Node>> parse_yaml(std::string_view text);
// The same, but of members with one name the last is taken, and their paths are added to `repeated`.
Result<std::vector<Node>> parse_yaml(std::string_view text, std::vector<std::string>& repeated);
// Block style; strings that would be read back as something else are quoted.
std::string write_yaml(const Node& node);

}  // namespace muster
