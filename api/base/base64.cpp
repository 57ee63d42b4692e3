#include "api/base/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace muster {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t none = 0xFF;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  for (auto& value : values) value = none;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}
constexpr std::array<std::uint8_t, 256> values = make_values();

bool is_break(char letter) {
  return letter == '\r' || letter == '\n';
}

}  // namespace

std::string encode_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8U | (j < left ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) out += j <= left ? alphabet[group >> (18U - 6U * j) & 63U] : '=';
  }
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  unsigned letters = 0, padding = 0;
  for (const char letter : text) {
    if (is_break(letter)) continue;
    if (letters == 0 && padding > 0) return std::nullopt;  // something after the end
    if (letter == '=') {
      if (letters + padding < 2) return std::nullopt;
      ++padding;
    } else {
      const std::uint8_t value = values[static_cast<unsigned char>(letter)];
      if (value == none || padding > 0) return std::nullopt;
      group = group << 6U | value;
      ++letters;
    }
    if (letters + padding < 4) continue;
    group <<= 6U * padding;
    for (unsigned i = 0; i + 1 < letters; ++i) out += static_cast<char>(group >> (16U - 8U * i) & 0xFFU);
    group = 0;
    letters = 0;
  }
  if (letters != 0 || padding > 2) return std::nullopt;
  return out;
}

std::size_t decoded_base64_size(std::string_view text) {
  std::size_t letters = 0;
  for (const char letter : text) letters += letter != '=' && !is_break(letter) ? 1 : 0;
  return letters * 3 / 4;
}

}  // namespace muster
