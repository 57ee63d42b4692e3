// Two documents: a JSON patch, merge patch or strategic merge patch of any shape applied to any document ends, within
// its bounds, and a refused JSON patch leaves the document as it was.
#include <cstdint>
#include <string_view>

#include "api/apply/strategic.h"
#include "api/base/assert.h"
#include "api/schema/json.h"
#include "api/schema/json_patch.h"
#include "api/types/configuration.h"
#include "api/types/kinds.h"
#include "api/types/task_definition.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The first line is the document, the rest the patch.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) return 0;
  const auto document = muster::parse_json(text.substr(0, line));
  const auto patch = muster::parse_json(text.substr(line + 1));
  if (!document.ok() || !patch.ok()) return 0;

  muster::Node patched = *document;
  const bool done = muster::json_patch(patched, *patch).ok();
  MUSTER_ASSERT(done || muster::equal(patched, *document));

  muster::Node merged = *document;
  muster::merge_patch(merged, *patch);
  muster::Node twice = merged;
  muster::merge_patch(twice, *patch);
  MUSTER_ASSERT(muster::equal(twice, merged));

  for (const muster::Kind* kind :
       {&muster::kind_of<muster::ServiceAccount>(), &muster::kind_of<muster::TaskDefinition>()}) {
    muster::Node target = *document;
    if (muster::apply::strategic_patch(target, *patch, *kind->type()).ok()) MUSTER_ASSERT(target.is_map());
  }
  return 0;
}
