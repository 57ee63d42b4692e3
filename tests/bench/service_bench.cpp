// What one plan of a service costs by its number of tasks: at rest, after one change, and when all tasks are made.
#include <benchmark/benchmark.h>

#include "controllers/service/service.h"
#include "tests/support/world.h"

namespace muster {
namespace {

using namespace testing;

struct Bench {
  World world;
  std::unique_ptr<Controller> controller = make_service_controller();
  Key key;

  // A service of so many running tasks, at rest.
  explicit Bench(std::int32_t tasks) {
    world.add(a_revision("web", 1));
    for (int i = 0; i < 100; ++i) world.add(an_instance(str("i-", i)));
    key = key_of(*world.add(a_service("web").desired(tasks)));
    Keys keys;
    controller->start(world.state, keys);
    world.take_changes();
    world.apply(plan());
    while (world.state.count(kind_of<Task>()) < static_cast<std::size_t>(tasks)) world.apply(plan());
    int n = 0;
    for (const auto& task : world.all<Task>()) {
      world.edit<Task>(task->metadata.name, [&](Task& t) {
        t.spec.container_instance = str("i-", n++ % 100);
        t.status.last_status = LastStatus::running;
        t.status.started_at = world.now;
        Condition placed;
        placed.type = "Placed";
        placed.status = "True";
        placed.reason = "Placed";
        t.status.conditions.push_back(placed);
      });
    }
    settle();
  }
  Plan plan() {
    Keys keys;
    for (const Change& change : world.take_changes()) controller->observe(change, world.state, keys);
    return controller->plan(world.state, key, Context{world.now, 1});
  }
  void settle() {
    for (Plan next = plan(); !next.actions.empty(); next = plan()) {
      world.apply(next);
      world.now += std::chrono::seconds(1);
    }
  }
  std::string crash_one() {
    const auto task = world.all<Task>().front();
    world.edit<Task>(task->metadata.name, [&](Task& t) {
      t.status.last_status = LastStatus::stopped;
      t.status.stopped_at = world.now;
      t.status.stop_code = StopCode::essential_container_exited;
    });
    return task->metadata.name;
  }
};

void at_rest(benchmark::State& state) {
  Bench bench(static_cast<std::int32_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(bench.plan());
  state.SetComplexityN(state.range(0));
}
BENCHMARK(at_rest)->Arg(10)->Arg(100)->Arg(1'000)->Arg(10'000)->Arg(50'000)->Unit(benchmark::kMicrosecond);

void after_a_crash(benchmark::State& state) {
  Bench bench(static_cast<std::int32_t>(state.range(0)));
  bench.crash_one();
  for (auto _ : state) benchmark::DoNotOptimize(bench.plan());
}
BENCHMARK(after_a_crash)->Arg(10)->Arg(1'000)->Arg(10'000)->Arg(50'000)->Unit(benchmark::kMicrosecond);

void makes_a_thousand_tasks(benchmark::State& state) {
  Bench bench(0);
  bench.world.edit<Service>("web", [](Service& s) { s.spec.desired_count = 50'000; });
  for (auto _ : state) benchmark::DoNotOptimize(bench.plan());
}
BENCHMARK(makes_a_thousand_tasks)->Unit(benchmark::kMicrosecond);

void scales_in_by_half(benchmark::State& state) {
  const auto tasks = static_cast<std::int32_t>(state.range(0));
  Bench bench(tasks);
  bench.world.edit<Service>("web", [&](Service& s) { s.spec.desired_count = tasks / 2; });
  for (auto _ : state) benchmark::DoNotOptimize(bench.plan());
}
BENCHMARK(scales_in_by_half)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMicrosecond);

void hears_of_a_task(benchmark::State& state) {
  Bench bench(1'000);
  const auto task = bench.world.all<Task>().front();
  auto next = std::make_shared<Task>(*task);
  next->status.health_status = HealthStatus::healthy;
  const Change change{task, next};
  for (auto _ : state) {
    Keys keys;
    bench.controller->observe(change, bench.world.state, keys);
    benchmark::DoNotOptimize(keys);
  }
}
BENCHMARK(hears_of_a_task)->Unit(benchmark::kNanosecond);

void starts_with_tasks(benchmark::State& state) {
  Bench bench(static_cast<std::int32_t>(state.range(0)));
  for (auto _ : state) {
    Keys keys;
    bench.controller->start(bench.world.state, keys);
    benchmark::DoNotOptimize(keys);
  }
}
BENCHMARK(starts_with_tasks)->Arg(50'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace muster

BENCHMARK_MAIN();
