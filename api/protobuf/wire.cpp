#include "api/protobuf/wire.h"

#include "api/base/text.h"

namespace muster::protobuf {
namespace {

constexpr std::uint64_t highest_number = (1U << 29U) - 1;

Error malformed(std::string message) {
  return Error{Code::malformed, std::move(message), {}};
}

}  // namespace

Result<std::uint64_t> WireReader::varint() {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 10; ++i) {
    if (i >= rest_.size()) return malformed("the data ends inside a number");
    const auto byte = static_cast<unsigned char>(rest_[i]);
    if (i == 9 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << (7U * i);
    if (byte < 0x80) {
      rest_.remove_prefix(i + 1);
      return value;
    }
  }
  return malformed("a number has more than 64 bits");
}

Result<std::string_view> WireReader::take(std::uint64_t size) {
  if (size > rest_.size()) return malformed("the data ends inside a field");
  const std::string_view bytes = rest_.substr(0, static_cast<std::size_t>(size));
  rest_.remove_prefix(bytes.size());
  return bytes;
}

Result<WireField> WireReader::next() {
  TRY(const std::uint64_t tag, varint());
  WireField field;
  if (tag >> 3U == 0 || tag >> 3U > highest_number) return malformed(str("there is no field number ", tag >> 3U));
  field.number = static_cast<std::uint32_t>(tag >> 3U);
  switch (tag & 7U) {
    case 0: {
      TRY(field.value, varint());
      return field;
    }
    case 1:
    case 5: {
      field.type = WireField::Type::fixed;
      TRY(field.bytes, take((tag & 7U) == 1 ? 8 : 4));
      return field;
    }
    case 2: {
      field.type = WireField::Type::bytes;
      TRY(const std::uint64_t size, varint());
      TRY(field.bytes, take(size));
      return field;
    }
    default: return malformed(str("field ", field.number, " has the unknown wire type ", tag & 7U));
  }
}

}  // namespace muster::protobuf
