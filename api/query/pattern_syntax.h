// The syntax tree of a pattern; between pattern_syntax.cpp, which reads it, and pattern.cpp, which compiles it.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "api/query/pattern.h"

namespace muster::query {

enum class PatternKind { byte, any, set, begin, end, sequence, choice, repeat };
struct PatternNode {
  PatternKind kind = PatternKind::sequence;
  std::uint8_t byte = 0;
  Pattern::Set set;
  std::vector<std::unique_ptr<PatternNode>> children;
  std::uint32_t least = 0, most = 0;  // of a repeat
  bool unbounded = false;
};

Result<std::unique_ptr<PatternNode>> read_pattern(std::string_view text);

}  // namespace muster::query
