#include "controllers/base/plan.h"

#include <algorithm>

#include "api/base/text.h"

namespace muster {

namespace {

struct Hasher {
  std::uint64_t value = 0;
  std::string scratch;
  const Object* last = nullptr;

  // What the encoding does not tell: which action it is; then the object's whole content. An object that stands in two
  // actions in a row (its spec is written, then its status) is encoded for the first.
  void add(std::string_view tag, const ObjectPtr& object) {
    scratch.assign(tag);
    if (object == nullptr) {
      scratch += "nothing";
    } else if (object.get() == last) {
      scratch += "the same";
    } else {
      encode_object(*object, scratch);
    }
    last = object.get();
    value = stable_hash(scratch, value);
  }

  void operator()(const Create& action) { add("create ", action.object); }
  void operator()(const Update& action) { add("update ", action.object); }
  void operator()(const UpdateStatus& action) { add("status ", action.object); }
  void operator()(const Delete& action) { add("delete ", action.object); }
  void operator()(const Note& action) {
    scratch.assign(action.type == NoteType::warning ? "warning " : "note ");
    if (action.regarding != nullptr)
      scratch += str(display_name(*action.regarding), "\n", action.regarding->metadata.uid);
    scratch += str("\n", action.reason, "\n", action.message);
    value = stable_hash(scratch, value);
  }
};

}  // namespace

void Plan::look_again(Duration delay) {
  const Duration bounded = std::max(delay, Duration::zero());
  requeue_after = requeue_after.has_value() ? std::min(*requeue_after, bounded) : bounded;
}

std::uint64_t hash_of(const Plan& plan) {
  Hasher hasher;
  for (const Action& action : plan.actions) std::visit(hasher, action);
  if (plan.requeue_after.has_value()) {
    hasher.value = stable_hash(str("requeue ", static_cast<std::int64_t>(plan.requeue_after->count())), hasher.value);
  }
  return hasher.value;
}

}  // namespace muster
