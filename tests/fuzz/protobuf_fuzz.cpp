// Any bytes as a protobuf request body: decoding ends, and what was decoded can be written, read again and decoded as
// the kind that it names.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "api/protobuf/decode.h"
#include "api/schema/json.h"
#include "api/types/kinds.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto node = muster::protobuf::decode(bytes);
  if (!node.ok()) return 0;
  const auto again = muster::parse_json(muster::write_json(*node));
  if (again.ok() && !muster::equal(*again, *node)) std::abort();  // a text may be deeper than a document may be
  (void)muster::decode_object(*node, nullptr, {}, nullptr);
  return 0;
}
