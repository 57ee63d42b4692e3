#include "controllers/cleanup/events.h"

#include <algorithm>

#include "api/types/builtin.h"
#include "controllers/cleanup/cleanup.h"

namespace muster::cleanup {

namespace {

Shelf::Item item_of(const Event& event) {
  const Time last = std::max({event.last_timestamp, event.event_time, event.metadata.creation_timestamp});
  return {last, event.metadata.ns, event.metadata.name};
}

}  // namespace

Key Events::key() {
  return Key{&kind_of<Event>(), {}, {}};
}

void Events::start(const State& state, Keys& keys) {
  shelf_ = Shelf{};
  state.each(kind_of<Event>(), {}, [&](const ObjectPtr& object) {
    shelf_.add(item_of(*as<Event>(object.get())));
    return true;
  });
  if (!shelf_.empty()) keys.insert(key());
}

void Events::observe(const Change& change, Keys& keys) {
  if (change.object().kind != &kind_of<Event>()) return;
  const bool first = shelf_.empty();
  if (const auto* before = as<Event>(change.before.get())) shelf_.remove(item_of(*before));
  if (const auto* after = as<Event>(change.after.get())) shelf_.add(item_of(*after));
  // A timer runs for the oldest; a new event alone needs no look.
  if (first || change.after == nullptr || shelf_.size() > retention::events) keys.insert(key());
}

void Events::clear(const State& state, Time now, Plan& plan) const {
  shelf_.clear(state, kind_of<Event>(), retention::event, retention::events, now, plan);
}

}  // namespace muster::cleanup
