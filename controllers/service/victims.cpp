#include "controllers/service/victims.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "api/base/text.h"

namespace muster::service {

namespace {

constexpr std::string_view zone_attribute = "ecs.availability-zone";
constexpr std::size_t most_levels = 5;  // ECS: strategies of a service

enum class Prefer { fullest, emptiest };
struct Level {
  Prefer prefer = Prefer::fullest;
  std::string attribute;  // empty: the instance itself
};

// The order in which groups of tasks are compared.
std::vector<Level> levels_of(const std::vector<PlacementStrategy>& strategies) {
  std::vector<Level> levels;
  if (strategies.empty()) {
    levels.push_back(Level{Prefer::fullest, std::string(zone_attribute)});
    levels.push_back(Level{Prefer::fullest, {}});
    return levels;
  }
  for (const PlacementStrategy& each : strategies) {
    if (levels.size() == most_levels) break;
    switch (each.type) {
      case StrategyType::random: break;
      case StrategyType::binpack: levels.push_back(Level{Prefer::emptiest, {}}); break;
      case StrategyType::spread: {
        constexpr std::string_view prefix = "attribute:";
        Level level;
        if (each.field.compare(0, prefix.size(), prefix) == 0) level.attribute = each.field.substr(prefix.size());
        levels.push_back(std::move(level));
        break;
      }
    }
  }
  return levels;
}

std::string value_of(const ContainerInstance& instance, std::string_view attribute) {
  for (const std::vector<Attribute>* list : {&instance.spec.attributes, &instance.status.attributes}) {
    for (const Attribute& each : *list) {
      if (each.name == attribute) return each.value;
    }
  }
  return {};
}

// Where tasks are, in the words of the levels, as small numbers; one look-up an instance.
class Places {
 public:
  using Place = std::vector<std::size_t>;  // one number a level
  Places(const State& state, const std::vector<Level>& levels)
      : state_(state), levels_(levels), numbers_(levels.size()) {}

  const Place& of(const Task& task) {
    const auto [found, added] = places_.try_emplace(task.spec.container_instance);
    if (!added) return found->second;
    const auto instance = state_.get<ContainerInstance>({}, task.spec.container_instance);
    for (std::size_t level = 0; level < levels_.size(); ++level) {
      const std::string& attribute = levels_[level].attribute;
      const std::string value =
          attribute.empty() || instance == nullptr ? task.spec.container_instance : value_of(*instance, attribute);
      found->second.push_back(numbers_[level].try_emplace(value, numbers_[level].size()).first->second);
    }
    return found->second;
  }

 private:
  const State& state_;
  const std::vector<Level>& levels_;
  std::map<std::string, Place> places_;
  std::vector<std::map<std::string, std::size_t>> numbers_;
};

// Candidates of equal rank, grouped by where they are; gives them up one by one so that what stays is even.
class Balance {
 public:
  Balance(Work& work, const std::vector<Candidate>& leaving)
      : levels_(levels_of(work.service.spec.placement_strategy)),
        places_(work.state, levels_),
        counts_(levels_.size()) {
    for (SetView& set : work.sets) {
      for (const TaskView& each : set.tasks) {
        if (each.wanted()) add(*each.task, 1);
      }
    }
    for (const Candidate& each : leaving) add(*each.task->task, -1);
  }

  void pick(std::vector<Candidate> equals, std::size_t count, std::vector<Candidate>& out) {
    // Within one place the highest slot goes first; buckets hold theirs in reverse.
    std::sort(equals.begin(), equals.end(), [](const Candidate& a, const Candidate& b) {
      return std::tie(a.task->slot, a.task->attempt) < std::tie(b.task->slot, b.task->attempt);
    });
    std::map<Places::Place, std::vector<Candidate>> buckets;
    for (const Candidate& each : equals) buckets[places_.of(*each.task->task)].push_back(each);
    for (; count > 0 && !buckets.empty(); --count) {
      auto best = buckets.begin();
      for (auto at = std::next(best); at != buckets.end(); ++at) {
        if (goes_before(*at, *best)) best = at;
      }
      const Candidate chosen = best->second.back();
      best->second.pop_back();
      out.push_back(chosen);
      add(*chosen.task->task, -1);
      if (best->second.empty()) buckets.erase(best);
    }
  }

 private:
  using Bucket = std::pair<const Places::Place, std::vector<Candidate>>;

  bool goes_before(const Bucket& a, const Bucket& b) const {
    for (std::size_t level = 0; level < levels_.size(); ++level) {
      const std::int32_t of_a = counts_[level][a.first[level]];
      const std::int32_t of_b = counts_[level][b.first[level]];
      if (of_a != of_b) return levels_[level].prefer == Prefer::fullest ? of_a > of_b : of_a < of_b;
    }
    return a.second.back().task->slot > b.second.back().task->slot;
  }
  void add(const Task& task, std::int32_t change) {
    const Places::Place& place = places_.of(task);
    for (std::size_t level = 0; level < place.size(); ++level) {
      if (counts_[level].size() <= place[level]) counts_[level].resize(place[level] + 1);
      counts_[level][place[level]] += change;
    }
  }

  std::vector<Level> levels_;
  Places places_;
  std::vector<std::vector<std::int32_t>> counts_;
};

}  // namespace

int worth(const TaskView& task) {
  if (task.phase == Phase::pending) return task.task->spec.container_instance.empty() ? 0 : 1;
  if (task.unhealthy) return 2;
  if (!task.healthy) return 3;
  return task.leaving() ? 4 : 5;
}

std::vector<Candidate> choose_victims(Work& work, std::vector<Candidate> candidates, std::size_t count) {
  std::vector<Candidate> out;
  if (count == 0) return out;
  // Older sets stand behind newer ones in work.sets.
  const auto rank = [&](const Candidate& each) {
    const int value = worth(*each.task);
    return std::tuple(value >= 3 ? 1 : 0, -(each.set - work.sets.data()), value);
  };
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const Candidate& a, const Candidate& b) { return rank(a) < rank(b); });
  std::size_t at = 0;
  while (at < candidates.size() && out.size() < count) {
    std::size_t end = at;
    while (end < candidates.size() && rank(candidates[end]) == rank(candidates[at])) ++end;
    std::vector<Candidate> equals(candidates.begin() + static_cast<std::ptrdiff_t>(at),
                                  candidates.begin() + static_cast<std::ptrdiff_t>(end));
    if (out.size() + equals.size() <= count) {
      out.insert(out.end(), equals.begin(), equals.end());
    } else {
      const std::vector<Candidate> leaving = out;
      Balance(work, leaving).pick(std::move(equals), count - out.size(), out);
    }
    at = end;
  }
  return out;
}

}  // namespace muster::service
