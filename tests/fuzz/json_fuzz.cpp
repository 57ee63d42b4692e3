// Any bytes: parsing ends, and what it accepts survives writing and reading.
#include <cstdint>
#include <string_view>

#include "api/base/assert.h"
#include "api/base/text.h"
#include "api/schema/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto node = muster::parse_json(text);
  if (!node.ok()) {
    MUSTER_ASSERT(muster::valid_utf8(node.error().message));
    return 0;
  }
  const auto back = muster::parse_json(muster::write_json(*node));
  MUSTER_ASSERT(back.ok() && muster::equal(*node, *back));
  const auto pretty = muster::parse_json(muster::write_json_pretty(*node));
  MUSTER_ASSERT(pretty.ok() && muster::equal(*node, *pretty));
  return 0;
}
