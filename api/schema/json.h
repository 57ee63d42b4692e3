// JSON text <-> Node.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "api/schema/node.h"

namespace muster {

// Strict JSON (RFC 8259): one value, valid UTF-8, no duplicate names, depth and size within api/base/limits.h.
// Code::malformed with "line L, column C: ..." otherwise.
Result<Node> parse_json(std::string_view text);
// The same, but of members with one name the last is taken, and their paths are added to `repeated`. Kubernetes does so
// where a request does not ask for strict validation.
Result<Node> parse_json(std::string_view text, std::vector<std::string>& repeated);
// The same for what this program wrote itself, its database and its server's answers: bounds so wide that nothing which
// was once accepted is refused when it is read again.
Result<Node> parse_own_json(std::string_view text);
// Compact, members in order.
std::string write_json(const Node& node);
// Two spaces of indentation, a newline at the end.
std::string write_json_pretty(const Node& node);
// Appends the text as a JSON string with its quotes. Invalid UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace muster
