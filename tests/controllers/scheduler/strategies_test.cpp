// From ECS's chains to levels, and what is refused by name.
#include "controllers/scheduler/strategies.h"

#include <gtest/gtest.h>

namespace muster::scheduler {
namespace {

const Level zone{LevelKind::tasks_of_attribute, "ecs.availability-zone"};
const Level instance{LevelKind::tasks_of_instance, {}};
const Level cpu{LevelKind::free_cpu, {}};
const Level memory{LevelKind::free_memory, {}};

TEST(Strategies, become_levels) {
  struct Row {
    std::vector<PlacementStrategy> strategies;
    std::vector<Level> levels;
    bool random;
  };
  const Row rows[] = {
      {{}, {zone, instance}, false},
      {{{StrategyType::binpack, "MEMORY"}}, {memory, instance}, false},
      {{{StrategyType::spread, "host"}, {StrategyType::spread, "instanceId"}}, {instance}, false},
      {{{StrategyType::spread, "attribute:ecs.availability-zone"}, {StrategyType::binpack, "cpu"}},
       {zone, cpu, instance},
       false},
      {{{StrategyType::spread, "instanceId"}, {StrategyType::spread, "attribute:ecs.availability-zone"}},
       {instance, zone},
       false},
      {{{StrategyType::binpack, "cpu"}, {StrategyType::random, ""}, {StrategyType::binpack, "memory"}}, {cpu}, true},
      {{{StrategyType::random, ""}}, {}, true},
  };
  for (const auto& row : rows) {
    const auto ranking = ranking_of(row.strategies);
    ASSERT_TRUE(ranking.ok());
    EXPECT_EQ(ranking->levels, row.levels);
    EXPECT_EQ(ranking->random, row.random);
  }
}

TEST(Strategies, refuse_what_is_no_field) {
  EXPECT_EQ(ranking_of({{StrategyType::binpack, "disk"}}).error().message,
            "a binpack strategy over \"disk\" (cpu or memory)");
  EXPECT_EQ(ranking_of({{StrategyType::spread, "zone"}}).error().message,
            "a spread strategy over \"zone\" (instanceId, host or attribute:NAME)");
  std::vector<PlacementStrategy> many;
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
    many.push_back({StrategyType::spread, std::string("attribute:") + name});
  }
  EXPECT_FALSE(ranking_of(many).ok());
  many.pop_back();
  EXPECT_TRUE(ranking_of(many).ok());
}

}  // namespace
}  // namespace muster::scheduler
