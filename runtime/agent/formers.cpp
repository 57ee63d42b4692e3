#include "runtime/agent/formers.h"

#include <algorithm>
#include <utility>

#include "runtime/agent/translate.h"
#include "runtime/base/log.h"

namespace muster::agent {
namespace {

constexpr Duration shortest_wait = std::chrono::seconds(1);
constexpr Duration longest_wait = std::chrono::minutes(1);
// Longer than an engine takes for anything that it was asked.
constexpr Duration empty_for = std::chrono::minutes(5);
constexpr std::size_t most_formers = 16;

}  // namespace

Formers::Formers(Loop& loop, drivers::Driver& driver, FormersCallbacks callbacks)
    : loop_(loop), driver_(driver), callbacks_(std::move(callbacks)), wait_(shortest_wait) {}

Formers::~Formers() {
  loop_.cancel(timer_);
}

void Formers::keep(const task::Identity& identity) {
  const bool known = std::ranges::any_of(formers_, [&](const Former& each) { return each.identity == identity; });
  if (known) return;
  if (formers_.size() == most_formers) formers_.erase(formers_.begin());
  formers_.push_back(Former{identity});
}

void Formers::restore(const std::vector<task::Identity>& identities) {
  for (const task::Identity& each : identities) keep(each);
  look();
}

void Formers::add(const task::Identity& identity) {
  keep(identity);
  save();
  look();
}

void Formers::forget(const task::Identity& identity) {
  const std::size_t gone = std::erase_if(formers_, [&](const Former& each) { return each.identity == identity; });
  if (gone > 0) save();
}

void Formers::save() {
  std::vector<task::Identity> identities;
  for (const Former& each : formers_) identities.push_back(each.identity);
  callbacks_.on_change(identities);
}

void Formers::look() {
  loop_.cancel(std::exchange(timer_, 0));
  wait_ = shortest_wait;
  for (const Former& each : std::vector<Former>(formers_)) ask(each.identity);
  look_later();
}

void Formers::look_later() {
  if (formers_.empty()) return;
  timer_ = loop_.after(wait_, life_.guard([this] {
    timer_ = 0;
    wait_ = std::min(longest_wait, wait_ * 2);
    for (const Former& each : std::vector<Former>(formers_)) ask(each.identity);
    look_later();
  }));
}

void Formers::ask(const task::Identity& identity) {
  const std::uint64_t order = callbacks_.next_order();
  driver_.list(own_labels(identity),
               life_.guard([this, identity, order](const Result<std::vector<drivers::ContainerState>>& containers) {
                 answered(identity, order, containers);
               }));
}

void Formers::answered(const task::Identity& identity, std::uint64_t order,
                       const Result<std::vector<drivers::ContainerState>>& containers) {
  const auto found = std::ranges::find(formers_, identity, &Former::identity);
  if (found == formers_.end()) return;
  if (!containers.ok()) return log::warning("cannot list the former containers", {{"error", containers.error()}});
  if (!containers->empty()) {
    found->empty = false;
    return callbacks_.on_found(order, *containers);
  }
  const Duration now = loop_.monotonic();
  if (!std::exchange(found->empty, true)) found->empty_since = now;
  if (now - found->empty_since < empty_for) return;
  formers_.erase(found);
  save();
}

}  // namespace muster::agent
