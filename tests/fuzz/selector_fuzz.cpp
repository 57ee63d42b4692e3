// Any text as a label selector and as a field selector: parsing ends, and what it accepts can be matched.
#include <cstdint>
#include <string_view>

#include "api/base/assert.h"
#include "api/base/text.h"
#include "api/state/selector.h"
#include "api/types/task.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;  // NOLINT: one function
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto labels = parse_label_selector(text);
  if (labels.ok()) {
    labels->matches(Labels{{"app", "web"}, {"tier", "1"}});
  } else {
    MUSTER_ASSERT(valid_utf8(labels.error().message));
  }
  Task task = make<Task>();
  task.metadata.name = "web";
  const auto fields = parse_field_selector(text, *task.kind);
  if (fields.ok()) {
    fields->matches(task);
  } else {
    MUSTER_ASSERT(valid_utf8(fields.error().message));
  }
  return 0;
}
