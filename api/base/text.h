// Small pieces of text handling that the standard library of g++ 12 lacks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace muster {

namespace text_detail {
inline void append(std::string& out, std::string_view piece) {
  out += piece;
}
inline void append(std::string& out, const char* piece) {
  out += piece;
}
inline void append(std::string& out, const std::string& piece) {
  out += piece;
}
inline void append(std::string& out, char piece) {
  out += piece;
}
inline void append(std::string& out, bool piece) {
  out += piece ? "true" : "false";
}
template <class T>
requires(std::is_arithmetic_v<T> && !std::is_same_v<T, char> && !std::is_same_v<T, bool>) void append(std::string& out,
                                                                                                      T piece) {
  out += std::to_string(piece);
}
}  // namespace text_detail

// Concatenates strings and numbers: str("task ", name, " has ", 3, " containers").
template <class... Pieces>
std::string str(const Pieces&... pieces) {
  std::string out;
  (text_detail::append(out, pieces), ...);
  return out;
}

std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
// Whole text, decimal, no sign unless negative; nothing on overflow.
std::optional<std::int64_t> parse_int(std::string_view text);
bool valid_utf8(std::string_view text);
// The closest of the candidates, or nothing when none is near: for "did you mean".
std::optional<std::string_view> nearest(std::string_view text, const std::vector<std::string_view>& candidates);

// A stable 64-bit hash of the bytes (FNV-1a with a final mix): the same on every machine and build.
std::uint64_t stable_hash(std::string_view bytes, std::uint64_t seed = 0);
// The lowest `digits` hex digits of the value.
std::string hex(std::uint64_t value, int digits);

}  // namespace muster
