// Pieces of JSON text that both the tree's writer and the encoder append.
#pragma once

#include <cstdint>
#include <string>

#include "api/schema/node.h"

namespace muster {

void append_integer(std::string& out, std::int64_t value);
// The shortest text that reads back as the same double, never as an integer; null when it is not finite.
void append_number(std::string& out, double value);
void append_json(std::string& out, const Node& node);

}  // namespace muster
