// The wire format of protocol buffers, one field at a time. For this folder only.
#pragma once

#include <cstdint>
#include <string_view>

#include "api/base/error.h"

namespace muster::protobuf {

struct WireField {
  enum class Type : std::uint8_t { varint, fixed, bytes };
  std::uint32_t number = 0;
  Type type = Type::varint;
  std::uint64_t value = 0;  // of a varint
  std::string_view bytes;   // inside the text that is read
};

// Reads the fields of one message. `bytes` must outlive it and what it gives.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}
  bool at_end() const { return rest_.empty(); }
  // Code::malformed when the bytes are no message.
  Result<WireField> next();

 private:
  Result<std::uint64_t> varint();
  Result<std::string_view> take(std::uint64_t size);

  std::string_view rest_;
};

}  // namespace muster::protobuf
