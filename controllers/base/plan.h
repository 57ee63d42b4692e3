// What a controller decides: a value. The shell (runtime/reconcile) commits it as one transaction.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/state/state.h"
#include "api/types/builtin.h"

namespace muster {

// Makes the object. Its name is derived, never drawn, so that planning twice from a stale state makes nothing twice.
struct Create {
  ObjectPtr object;
};
// Replaces the object, if it still has the resourceVersion that is in its metadata. spec and metadata only.
struct Update {
  ObjectPtr object;
};
// The same for its status.
struct UpdateStatus {
  ObjectPtr object;
};
// Removes exactly this state of the object.
struct Delete {
  ObjectPtr object;
};
enum class NoteType { normal, warning };
// Tells users what was decided: becomes an Event about `regarding`. Repeats of the same text are counted, not stored
// again.
struct Note {
  ObjectPtr regarding;
  NoteType type = NoteType::normal;
  std::string reason;   // CamelCase, from a closed set
  std::string message;  // one or more sentences
};
using Action = std::variant<Create, Update, UpdateStatus, Delete, Note>;

struct Plan {
  std::vector<Action> actions;
  std::optional<Duration> requeue_after;  // look again then, even if nothing changes

  // Asks to look again after `delay` at the latest.
  void look_again(Duration delay);
  bool idle() const { return actions.empty() && !requeue_after; }
};

// Everything a decision may depend on beside the state.
struct Context {
  Time now{};
  std::uint64_t seed = 0;
};

// A stable hash of everything the plan says, for the journal.
std::uint64_t hash_of(const Plan& plan);

}  // namespace muster
