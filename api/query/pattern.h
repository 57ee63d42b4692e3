// A regular expression that matches in time proportional to its own size times the value's: no backtracking, no
// recursion on the value, so an expression from outside can neither stall nor overflow anything.
//
// The common subset of Java's syntax: literals, . [] [^] () (?:) | * + ? {m} {m,} {m,n} ^ $ \d \w \s \D \W \S and
// escaped punctuation. A lazy quantifier means the same as a greedy one, because the whole value must match. Everything
// else (back references, look-around, flags, possessive quantifiers, \b) is refused by name.
#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

#include "api/base/error.h"

namespace muster::query {

class Pattern {
 public:
  // Code::invalid, naming the position (from 1) inside the pattern.
  static Result<Pattern> compile(std::string_view text);
  // Whether the whole value matches. Values are bytes; `.` is any of them but a newline.
  bool matches(std::string_view value) const;

  enum class Op : std::uint8_t { byte, any, set, split, jump, begin, end, accept };
  struct Instruction {
    Op op = Op::accept;
    std::uint8_t byte = 0;
    std::uint32_t first = 0, second = 0;  // targets of split and jump; the number of a set
  };
  using Set = std::bitset<256>;

 private:
  bool takes(const Instruction& instruction, std::uint8_t byte) const;
  bool matches_small(std::string_view value) const;

  std::vector<Instruction> program_;
  std::vector<Set> sets_;
};

}  // namespace muster::query
