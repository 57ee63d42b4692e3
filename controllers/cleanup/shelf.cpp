#include "controllers/cleanup/shelf.h"

#include "controllers/cleanup/cleanup.h"

namespace muster::cleanup {

void Shelf::clear(const State& state, const Kind& kind, Duration keep, std::size_t most, Time now, Plan& plan) const {
  std::size_t left = items_.size();
  for (const Item& each : items_) {
    if (plan.actions.size() >= retention::batch) {
      plan.look_again(Duration::zero());
      return;
    }
    if (left <= most && each.since + keep > now) {
      plan.look_again(each.since + keep - now);
      return;
    }
    --left;
    const ObjectPtr object = state.find(kind, each.ns, each.name);
    if (object != nullptr && !object->metadata.deleting()) plan.actions.emplace_back(Delete{object});
  }
}

}  // namespace muster::cleanup
