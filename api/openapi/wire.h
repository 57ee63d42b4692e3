// Writing protobuf's wire format.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace muster::openapi {

// The bytes of one message; fields in the order of the calls.
class Message {
 public:
  void text(std::uint32_t field, std::string_view value) {
    varint(field << 3U | 2U);
    varint(value.size());
    bytes_ += value;
  }
  void message(std::uint32_t field, const Message& value) { text(field, value.bytes_); }
  // A negative number is written as its two's complement, as int64 is.
  void integer(std::uint32_t field, std::int64_t value) {
    varint(field << 3U);
    varint(static_cast<std::uint64_t>(value));
  }
  void boolean(std::uint32_t field, bool value) { integer(field, value ? 1 : 0); }
  void number(std::uint32_t field, double value) {
    varint(field << 3U | 1U);
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (unsigned shift = 0; shift < 64; shift += 8) bytes_ += static_cast<char>(bits >> shift & 0xffU);
  }
  std::string take() && { return std::move(bytes_); }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80U; value >>= 7U) bytes_ += static_cast<char>((value & 0x7fU) | 0x80U);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

}  // namespace muster::openapi
