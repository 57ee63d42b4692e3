#include "controllers/cleanup/tokens.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "api/access/kept_token.h"
#include "controllers/cleanup/cleanup.h"

namespace muster::cleanup {

namespace {

// Nothing for any other Secret, and for one that only looks like a token's: what is not understood is not deleted.
std::optional<Shelf::Item> item_of(const Object* object) {
  const auto* secret = as<Secret>(object);
  if (secret == nullptr || !access::is_token_secret(*secret)) return std::nullopt;
  const auto token = access::kept_token(*secret);
  if (!token.ok()) return std::nullopt;
  return Shelf::Item{std::min(token->expiration, Time::max() - retention::token), secret->metadata.ns,
                     secret->metadata.name};
}

}  // namespace

Key Tokens::key() {
  return Key{&kind_of<Secret>(), {}, {}};
}

void Tokens::start(const State& state, Keys& keys) {
  shelf_ = Shelf{};
  state.each(kind_of<Secret>(), system_namespace, [&](const ObjectPtr& object) {
    if (auto item = item_of(object.get())) shelf_.add(std::move(*item));
    return true;
  });
  if (!shelf_.empty()) keys.insert(key());
}

void Tokens::observe(const Change& change, Keys& keys) {
  if (change.object().kind != &kind_of<Secret>()) return;
  const auto before = item_of(change.before.get());
  const auto after = item_of(change.after.get());
  if (!before && !after) return;
  if (before) shelf_.remove(*before);
  if (after) shelf_.add(*after);
  // A new one may be due before all others.
  keys.insert(key());
}

void Tokens::clear(const State& state, Time now, Plan& plan) const {
  shelf_.clear(state, kind_of<Secret>(), retention::token, std::numeric_limits<std::size_t>::max(), now, plan);
}

}  // namespace muster::cleanup
