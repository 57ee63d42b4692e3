// What a plain (unquoted) YAML scalar means, by the core schema of YAML 1.2.
#pragma once

#include <string_view>

#include "api/schema/node.h"

namespace muster {

// Null, a boolean, an integer (10, 010, 0o17, 0xff), a number (1.5, 1e3, .inf, which is infinite), or else the text
// itself.
Node resolve_scalar(std::string_view text);
// Whether the text can be written without quotes and is a string to every reader: also to those of YAML 1.1, where yes,
// 1_000, 12:30 and 2026-11-22 are something else.
bool is_plain_text(std::string_view text);

}  // namespace muster
