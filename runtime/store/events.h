// What users are told of objects -> Events.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/admission/admission.h"

namespace muster::store {

struct Told {
  const Object& regarding;
  std::string_view type;  // "Normal", "Warning"
  const std::string& reason;
  const std::string& message;
};

// Who tells it.
struct Teller {
  std::string component;
  std::string host;  // may be empty
};

// The write that tells users: a new Event, or a higher count on the one that says the same already. Nothing when the
// same was said less than ten seconds ago: a loop that repeats itself must not fill the store.
std::optional<Write> event_write(const State& state, const Told& told, const Teller& teller, Time now);

}  // namespace muster::store
