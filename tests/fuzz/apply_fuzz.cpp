// Server-side apply of any configurations, two managers in turn: it ends, what was applied is there, and saying the
// same again changes nothing. Also any text as fieldsV1.
#include <cstdint>
#include <string_view>

#include "api/apply/managers.h"
#include "api/apply/merge.h"
#include "api/base/assert.h"
#include "api/schema/json.h"
#include "api/types/task_definition.h"
#include "tests/api/apply/document_changes.h"

namespace muster::apply {
namespace {

bool apply_once(Node& live, Managers& managers, const Node& configuration, const char* name) {
  const Kind& kind = kind_of<TaskDefinition>();
  Manager applier{name, Operation::apply, kind.api_version(), "", {}, {}};
  auto fields = applied_fields(kind, configuration, "");
  if (!fields.ok()) return false;
  applier.fields = std::move(fields).value();
  Node merged = merge_applied(kind, live, configuration, managers, applier);
  auto after = after_apply(document_changes(kind, live, merged, ""), managers, applier, Conflicts::force, FieldSet{});
  MUSTER_ASSERT(after.ok());
  live = std::move(merged);
  managers = std::move(after).value();
  return true;
}

void fields_survive(std::string_view text) {
  const auto fields = read_fields(text);
  if (!fields.ok()) return;
  const auto again = read_fields(write_fields(*fields));
  MUSTER_ASSERT(again.ok());
  MUSTER_ASSERT(unite(*again, *again) == *again);
  MUSTER_ASSERT(subtract(*again, *again).empty());
}

}  // namespace
}  // namespace muster::apply

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;  // NOLINT: one function
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  apply::fields_survive(text);
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) return 0;
  const auto one = parse_json(text.substr(0, line));
  const auto other = parse_json(text.substr(line + 1));
  if (!one.ok() || !other.ok() || !one->is_map() || !other->is_map()) return 0;

  Node live = Node::map();
  apply::Managers managers;
  apply::apply_once(live, managers, *one, "one");
  if (!apply::apply_once(live, managers, *other, "other")) return 0;
  const Node before = live;
  const apply::Managers owners = managers;
  MUSTER_ASSERT(apply::apply_once(live, managers, *other, "other"));
  MUSTER_ASSERT(equal(live, before));
  MUSTER_ASSERT(managers == owners);
  apply::apply_once(live, managers, *one, "one");
  return 0;
}
