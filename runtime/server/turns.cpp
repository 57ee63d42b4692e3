#include "runtime/server/turns.h"

#include <utility>

namespace muster::server {

namespace {

constexpr std::size_t most_waiting = 64;

}  // namespace

bool Turns::enter(const Key& object, std::function<void(Turn turn)> run) {
  const auto [at, free] = waiting_.try_emplace(object);
  if (free) {
    run(turn_of(object));
    return true;
  }
  if (at->second.size() == most_waiting) return false;
  at->second.push_back(std::move(run));
  return true;
}

// The deleter may run wherever a commit ends; what follows is the loop's.
Turns::Turn Turns::turn_of(const Key& object) {
  return {static_cast<void*>(this), [weak = weak_from_this(), &loop = loop_, object](void*) {
            if (weak.expired()) return;
            loop.post([weak, object] {
              if (const auto self = weak.lock()) self->next(object);
            });
          }};
}

void Turns::next(const Key& object) {
  const auto at = waiting_.find(object);
  if (at == waiting_.end()) return;
  if (at->second.empty()) {
    waiting_.erase(at);
    return;
  }
  auto run = std::move(at->second.front());
  at->second.pop_front();
  run(turn_of(object));
}

}  // namespace muster::server
