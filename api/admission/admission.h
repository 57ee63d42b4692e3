// What every write passes before it is stored, whoever writes: defaults, validation, immutability, generation,
// ownership of fields, preconditions, finalizers, and what one write makes of others (a TaskDefinition makes its
// revision). Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/apply/managers.h"
#include "api/base/error.h"
#include "api/schema/decode.h"
#include "api/state/state.h"

namespace muster {

enum class Verb { create, update, update_status, apply, remove };
enum class Propagation { background, foreground, orphan };

struct Write {
  Verb verb = Verb::create;
  // create, update, update_status: the whole new object. For update and update_status a resourceVersion other than 0
  // must be the stored one (Code::conflict otherwise), a uid must match.
  ObjectPtr object;
  // create, update: the same object, where it was made for this write and nobody else knows it. Admission then changes
  // and keeps it instead of a copy.
  std::shared_ptr<Object> own;
  // apply, remove:
  Key key;
  // apply: the configuration as its writer sent it. With subresource "status" only the status is applied.
  std::shared_ptr<const Node> configuration;
  apply::Conflicts conflicts = apply::Conflicts::refuse;
  // create, update, update_status, apply: under which name the changed fields are recorded in managedFields. Empty:
  // they are not, which is how controllers write.
  std::string manager;
  std::string subresource;
  // remove:
  std::int64_t expected_revision = 0;  // 0: any
  std::string expected_uid;            // empty: any
  Propagation propagation = Propagation::background;
};

Write create(ObjectPtr object);
Write update(ObjectPtr object);
// The same for an object that the caller lets go of.
Write create_own(std::shared_ptr<Object> object);
Write update_own(std::shared_ptr<Object> object);
Write update_status(ObjectPtr object);
// Server-side apply: creates the object or merges into it.
Write apply_configuration(Key key, std::shared_ptr<const Node> configuration, std::string manager,
                          apply::Conflicts conflicts);
// Only exactly this state of the object.
Write remove(const Object& object);

struct AdmissionContext {
  Time now{};
  std::function<std::string()> new_uid;  // 32 hex digits; tasks carry them as they are, others as a UUID
};

// What became of one Write: the object as it will be stored (without its revision), or as it was when it was removed.
struct Admitted {
  ObjectPtr object;
  bool changed = true;   // false: the write changes nothing, nothing is stored
  bool deleted = false;  // the object is gone now (false for a removal that waits for finalizers)
  std::vector<Warning> warnings;
  bool created = false;  // the object did not exist before
};

struct Admission {
  std::vector<Admitted> results;  // one a Write
  std::vector<Change> changes;    // everything to store, in order; already applied to the state given
};

// Admits a batch as a whole and applies it to `state` (objects get revision state.revision() + 1, + 2 ...; the state's
// revision moves on with them). On an error nothing is applied; the error names the object.
Result<Admission> admit(State& state, const std::vector<Write>& writes, const AdmissionContext& context);

// Brings the state back to where it was, at `revision`, before these changes.
void take_back(State& state, const std::vector<Change>& changes, std::int64_t revision);

}  // namespace muster
