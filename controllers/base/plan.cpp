#include "controllers/base/plan.h"

#include <algorithm>

#include "api/base/text.h"

namespace muster {

namespace {

// The object's whole content, then what the encoding does not tell from its absence: which action it is.
std::uint64_t add(std::uint64_t seed, std::string_view tag, const ObjectPtr& object, std::string& scratch) {
  scratch.assign(tag);
  if (object != nullptr) encode_object(*object, scratch);
  return stable_hash(scratch, seed);
}

struct Hasher {
  std::uint64_t value = 0;
  std::string scratch;

  void operator()(const Create& action) { value = add(value, "create ", action.object, scratch); }
  void operator()(const Update& action) { value = add(value, "update ", action.object, scratch); }
  void operator()(const UpdateStatus& action) { value = add(value, "status ", action.object, scratch); }
  void operator()(const Delete& action) { value = add(value, "delete ", action.object, scratch); }
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
