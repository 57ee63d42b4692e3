// Any bytes: parsing ends within its budgets, and every document it accepts survives writing and reading.
#include <cstdint>
#include <string_view>

#include "api/base/assert.h"
#include "api/base/text.h"
#include "api/schema/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto documents = muster::parse_yaml(text);
  if (!documents.ok()) {
    MUSTER_ASSERT(muster::valid_utf8(documents.error().message));
    return 0;
  }
  for (const muster::Node& document : *documents) {
    const auto back = muster::parse_yaml(muster::write_yaml(document));
    MUSTER_ASSERT(back.ok() && back->size() == 1 && muster::equal(document, back->front()));
  }
  return 0;
}
