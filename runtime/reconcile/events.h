// Notes of plans -> Events.
#pragma once

#include "api/admission/admission.h"
#include "controllers/base/plan.h"

namespace muster::reconcile {

// The write that tells users: a new Event, or a higher count on the one that says the same already. Nothing when the
// same was said less than ten seconds ago: a loop that repeats itself must not fill the store.
std::optional<Write> event_write(const State& state, const Note& note, std::string_view component, Time now);

}  // namespace muster::reconcile
