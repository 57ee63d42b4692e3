#include "controllers/scheduler/pool.h"

#include <algorithm>
#include <utility>

#include "api/base/text.h"

namespace muster::scheduler {
namespace {

// Kept for speed: this many instances in all orders together, about 50 bytes each.
constexpr std::size_t cached_slots_most = std::size_t{512} * 1024;
constexpr std::size_t slots_of_a_demand = 64;  // what an order without instances weighs
// More tasks than these are not told again when only the numbers in their refusal's message have changed.
constexpr std::size_t told_exactly = 32;
constexpr Duration tell_interval = std::chrono::seconds(10);
// So many instances may be read again, over all refused demands, only to tell better numbers.
constexpr std::size_t told_anew = 200'000;

std::string name_of(const Task& task) {
  return str(task.metadata.ns, "/", task.metadata.name);
}

std::size_t weight(const Demand& demand) {
  return demand.candidates ? demand.candidates->size() + slots_of_a_demand : 0;
}

}  // namespace

const Condition* refusal_of(const Task& task) {
  const Condition* placed = find_condition(task.status.conditions, "Placed");
  return placed != nullptr && placed->status == "False" ? placed : nullptr;
}

void Pool::add_pending(const State& state, TaskPtr task) {
  auto key = requirement_key(*task);
  auto at = demands_.find(key);
  if (at == demands_.end()) {
    at = demands_.try_emplace(key).first;
    Demand& demand = at->second;
    demand.key = key;
    demand.requirement = resolve(state, *task);
    const OwnerReference* owner = controller_of(task->metadata);
    demand.owner_uid = owner != nullptr ? owner->uid : std::string();
    demand.definition = str(task->metadata.ns, "/", task->spec.task_definition);
    demand.group = hosts_.groups().take(demand.requirement.group);
  }
  Demand& demand = at->second;
  const Condition* refusal = refusal_of(*task);
  if (demand.refused && refusal != nullptr && refusal->message == demand.refusal.message) {
    demand.told.insert(std::move(task));
    return;
  }
  demand.waiting.insert(std::move(task));
  ready_.insert(std::move(key));
}

void Pool::remove_pending(const TaskPtr& task) {
  const auto at = demands_.find(requirement_key(*task));
  if (at == demands_.end()) return;
  Demand& demand = at->second;
  if (demand.waiting.erase(task) == 0) demand.told.erase(task);
  if (demand.waiting.empty()) ready_.erase(at->first);
  // An order over many instances is kept for the next tasks.
  const bool worth_keeping = !demand.refused && demand.candidates && demand.requirement.only_instance.empty();
  if (demand.any_task() == nullptr && !worth_keeping) release(at);
}

void Pool::release(Demands::iterator at) {
  hosts_.groups().release(at->second.group);
  ready_.erase(at->first);
  refused_.erase(at->first);
  unsaid_.erase(at->first);
  demands_.erase(at);
}

void Pool::let_in(Demand& demand) {
  demand.refused = false;
  refused_.erase(demand.key);
  demand.waiting.merge(demand.told);
  if (!demand.waiting.empty()) ready_.insert(demand.key);
}

void Pool::resolve_if(const State& state, const std::function<bool(const Demand&)>& affected) {
  for (auto at = demands_.begin(); at != demands_.end();) {
    const auto here = at++;
    Demand& demand = here->second;
    if (!affected(demand)) continue;
    if (const TaskPtr* task = demand.any_task()) {
      demand.candidates.reset();  // refers to the requirement
      demand.requirement = resolve(state, **task);
      let_in(demand);
    } else {
      release(here);
    }
  }
}

void Pool::resolve_owner(const State& state, const std::string& uid) {
  resolve_if(state, [&](const Demand& demand) { return demand.owner_uid == uid; });
}

void Pool::resolve_definition(const State& state, const std::string& definition) {
  resolve_if(state, [&](const Demand& demand) { return demand.definition == definition; });
}

void Pool::resolve_namespace(const State& state, const std::string& ns) {
  resolve_if(state, [&](const Demand& demand) { return demand.requirement.ns == ns; });
}

void Pool::wake() {
  const auto first = std::exchange(woken_, hosts_.end());
  if (refused_.empty() || first == woken_) return;
  bool all = first < hosts_.begin();
  // Another instance, or one in another state, changes what the refusals say even where it opens no place.
  const bool few = refused_.size() * hosts_.instances() <= told_anew;
  std::set<HostId> freed, taken;
  for (auto number = std::max(first, hosts_.begin()); number < woken_ && !all; ++number) {
    const auto& entry = hosts_.entry(number);
    switch (entry.event) {
      case HostEvent::facts:
        all = few;
        freed.insert(entry.host);
        break;
      case HostEvent::freed: freed.insert(entry.host); break;
      case HostEvent::taken: taken.insert(entry.host); break;
    }
  }
  const auto opens = [this](const Demand& demand, const std::set<HostId>& changed) {
    return std::any_of(changed.begin(), changed.end(), [&](HostId id) {
      return hosts_[id].object != nullptr &&
             refusing(demand.requirement, Candidate{hosts_[id], hosts_.groups(), demand.group}) == nullptr;
    });
  };
  for (auto at = refused_.begin(); at != refused_.end();) {
    const std::string key = *at++;
    Demand& demand = demands_.find(key)->second;
    const bool problem = !demand.requirement.problem.empty();
    // A task that arrives can only open a place for those that ask for its company.
    const bool let =
        !problem && (all || opens(demand, freed) || (demand.requirement.reads_tasks && opens(demand, taken)));
    if (let) let_in(demand);
  }
}

std::vector<Demand*> Pool::ready() {
  std::vector<Demand*> out;
  out.reserve(ready_.size());
  for (const auto& key : ready_) out.push_back(&demands_.find(key)->second);
  return out;
}

HostId Pool::best(Demand& demand, std::uint64_t draw) {
  if (!demand.requirement.problem.empty()) return Hosts::npos;
  demand.used = plans_;
  if (!demand.candidates || demand.candidates->catch_up() == Candidates::Freshness::stale) {
    demand.candidates.emplace(demand.requirement, hosts_, demand.group);
    visits_ += demand.candidates->size();
  }
  return demand.candidates->best(draw);
}

void Pool::refuse(Demand& demand, Time now) {
  Refusal refusal = explain(demand.requirement, hosts_, demand.group);
  visits_ += demand.requirement.only_instance.empty() ? hosts_.instances() : 1;
  const bool same = refusal.instances == demand.refusal.instances && refusal.reasons == demand.refusal.reasons &&
                    !demand.refusal.message.empty();
  const bool many = demand.waiting.size() + demand.told.size() > told_exactly;
  const bool told_something = !demand.refusal.reasons.empty() && !refusal.reasons.empty();
  const bool soon = now < demand.said_at + tell_interval;
  demand.say_at = Time{};
  unsaid_.erase(demand.key);
  if (many && told_something && same) {
    // Only the numbers are others.
  } else if (many && told_something && soon) {
    demand.say_at = demand.said_at + tell_interval;
    unsaid_.insert(demand.key);
  } else if (refusal.message != demand.refusal.message) {
    demand.refusal = std::move(refusal);
    demand.said_at = now;
  }
  demand.refused = true;
  refused_.insert(demand.key);
}

Time Pool::tell_due(Time now) {
  Time next{};
  for (auto at = unsaid_.begin(); at != unsaid_.end();) {
    Demand& demand = demands_.find(*at)->second;
    if (demand.say_at > now) {
      if (!is_set(next) || demand.say_at < next) next = demand.say_at;
      ++at;
      continue;
    }
    at = unsaid_.erase(at);
    demand.say_at = Time{};
    if (demand.refused) let_in(demand);
  }
  return next;
}

void Pool::told(Demand& demand, const TaskPtr& task) {
  demand.told.insert(task);
  demand.waiting.erase(task);
  if (demand.waiting.empty()) ready_.erase(demand.key);
}

void Pool::assume(const Task& task, Hold hold) {
  hosts_.hold(hold);
  assumed_.emplace(name_of(task), std::move(hold));
}

bool Pool::confirm(const Task& task, const Hold& hold) {
  if (assumed_.empty()) return false;
  const auto at = assumed_.find(name_of(task));
  if (at == assumed_.end()) return false;
  const bool same = at->second == hold;
  if (!same) hosts_.release(at->second);
  assumed_.erase(at);
  return same;
}

void Pool::drop_assumption(const Task& task) {
  if (assumed_.empty()) return;
  const auto at = assumed_.find(name_of(task));
  if (at == assumed_.end()) return;
  hosts_.release(at->second);
  assumed_.erase(at);
}

void Pool::drop_assumptions() {
  for (const auto& [name, hold] : assumed_) hosts_.release(hold);
  assumed_.clear();
  wake();
}

void Pool::trim() {
  ++plans_;
  std::size_t total = 0;
  for (const auto& [key, demand] : demands_) total += weight(demand);
  if (total <= cached_slots_most) return;
  std::vector<Demands::iterator> cached;
  for (auto at = demands_.begin(); at != demands_.end(); ++at) {
    if (at->second.candidates) cached.push_back(at);
  }
  std::stable_sort(cached.begin(), cached.end(), [](auto a, auto b) { return a->second.used < b->second.used; });
  for (const auto at : cached) {
    if (total <= cached_slots_most / 2 || at->second.used + 1 == plans_) break;
    total -= weight(at->second);
    at->second.candidates.reset();
    if (at->second.any_task() == nullptr) release(at);
  }
}

}  // namespace muster::scheduler
