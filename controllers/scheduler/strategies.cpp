#include "controllers/scheduler/strategies.h"

#include <algorithm>
#include <utility>

#include "api/base/text.h"

namespace muster::scheduler {
namespace {

constexpr std::string_view zone_attribute = "ecs.availability-zone";

// A level that is there already cannot decide anything any more.
void add(Ranking& ranking, Level level) {
  if (std::find(ranking.levels.begin(), ranking.levels.end(), level) == ranking.levels.end()) {
    ranking.levels.push_back(std::move(level));
  }
}

Result<Level> level_of(const PlacementStrategy& strategy) {
  const std::string field = to_lower(strategy.field);
  if (strategy.type == StrategyType::binpack) {
    if (field == "cpu") return Level{LevelKind::free_cpu, {}};
    if (field == "memory") return Level{LevelKind::free_memory, {}};
    return Error{Code::invalid, str("a binpack strategy over \"", strategy.field, "\" (cpu or memory)"), {}};
  }
  if (field == "instanceid" || field == "host") return Level{LevelKind::tasks_of_instance, {}};
  constexpr std::string_view prefix = "attribute:";
  if (field.rfind(prefix, 0) == 0 && field.size() > prefix.size()) {
    return Level{LevelKind::tasks_of_attribute, strategy.field.substr(prefix.size())};
  }
  return Error{
      Code::invalid, str("a spread strategy over \"", strategy.field, "\" (instanceId, host or attribute:NAME)"), {}};
}

}  // namespace

Result<Ranking> ranking_of(const std::vector<PlacementStrategy>& strategies) {
  Ranking ranking;
  if (strategies.empty()) ranking.levels.push_back(Level{LevelKind::tasks_of_attribute, std::string(zone_attribute)});
  for (const auto& strategy : strategies) {
    if (strategy.type == StrategyType::random) {
      ranking.random = true;  // leaves one instance: what follows decides nothing
      return ranking;
    }
    TRY(auto level, level_of(strategy));
    add(ranking, std::move(level));
  }
  const auto attributes = std::count_if(ranking.levels.begin(), ranking.levels.end(),
                                        [](const Level& level) { return level.kind == LevelKind::tasks_of_attribute; });
  if (static_cast<std::size_t>(attributes) > attribute_levels_most) {
    return Error{Code::invalid, str("more than ", attribute_levels_most, " spread strategies over attributes"), {}};
  }
  add(ranking, Level{LevelKind::tasks_of_instance, {}});
  return ranking;
}

}  // namespace muster::scheduler
