// What one placement costs at different sizes of the cluster: spread over zones, then binpack, with one memberOf
// constraint. `scan` looks at every instance for every task, as the baseline; `indexed` is the scheduler's order alone;
// `plan` is the whole decision with the objects it writes; `cycle` adds what the commit brings back.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/base/text.h"
#include "controllers/scheduler/model.h"
#include "controllers/scheduler/scheduler.h"
#include "tests/support/builders.h"

namespace muster {
namespace {

using scheduler::Candidates;
using scheduler::Hold;
using scheduler::HostId;
using scheduler::Hosts;

constexpr int zones = 3;
constexpr int tasks_in_state = 4'000;

struct Fixture {
  State state;
  std::int64_t revision = 0;

  void put(std::shared_ptr<Object> object) {
    object->metadata.resource_version = ++revision;
    if (object->metadata.uid.empty()) object->metadata.uid = hex(stable_hash(str("uid", revision)), 16);
    state.put(std::move(object));
    state.set_revision(revision);
  }
  template <class B>
  std::shared_ptr<typename B::Made> add(const B& builder) {
    auto object = std::make_shared<typename B::Made>(builder.object());
    put(object);
    return object;
  }
};

Fixture a_fixture(std::int64_t instances, int tasks) {
  Fixture out;
  for (std::int64_t i = 0; i < instances; ++i) {
    out.add(testing::an_instance(str("instance-", i))
                .cpu(1'000'000'000)
                .memory(1'000'000'000 + i % 7)
                .attribute("ecs.availability-zone", str("zone-", i % zones))
                .attribute("ecs.instance-type", i % 2 == 0 ? "m5.large" : "t2.small")
                .attribute("disk", "ssd"));
  }
  out.add(testing::a_revision("web", 1));
  const auto set = out.add(testing::a_task_set("web-1")
                               .service("web")
                               .member_of("attribute:ecs.instance-type =~ m5.* and attribute:disk == ssd")
                               .strategy(StrategyType::spread, "attribute:ecs.availability-zone")
                               .strategy(StrategyType::binpack, "memory"));
  for (int i = 0; i < tasks; ++i) {
    out.add(testing::a_task(str("web-", i, "-0-5f3a9c1e")).group("service:web").slot(i).owned_by(*set));
  }
  return out;
}

// What narrows candidates in the simplest way.
HostId scan(const scheduler::Requirement& requirement, const Hosts& hosts, scheduler::GroupId group) {
  std::map<std::string_view, std::uint32_t> counts;
  for (const auto& [name, id] : hosts.by_name()) {
    counts[*hosts[id].attribute("ecs.availability-zone")] += hosts[id].count(group).live;
  }
  HostId best = Hosts::npos;
  std::pair<std::uint32_t, std::int64_t> best_key;
  for (const auto& [name, id] : hosts.by_name()) {
    if (refusing(requirement, scheduler::Candidate{hosts[id], hosts.groups(), group}) != nullptr) continue;
    const std::pair<std::uint32_t, std::int64_t> key{counts[*hosts[id].attribute("ecs.availability-zone")],
                                                     hosts[id].free_memory()};
    if (best != Hosts::npos && !(key < best_key)) continue;
    best = id;
    best_key = key;
  }
  return best;
}

template <class Pick>
void place(benchmark::State& run, const Pick& pick) {
  const Fixture fixture = a_fixture(run.range(0), 1);
  scheduler::Model model;
  model.build(fixture.state);
  auto& pool = model.pool("default");
  auto& demand = *pool.ready().front();
  for (auto _ : run) {
    const HostId host = pick(pool, demand);
    if (host == Hosts::npos) return run.SkipWithError("full");
    pool.hosts().hold(Hold{pool.hosts()[host].name, demand.requirement.group, demand.requirement.need, true});
  }
  run.SetItemsProcessed(run.iterations());
}

void bench_scan(benchmark::State& run) {
  place(run, [](auto& pool, auto& demand) { return scan(demand.requirement, pool.hosts(), demand.group); });
}
void bench_indexed(benchmark::State& run) {
  place(run, [](auto& pool, auto& demand) { return pool.best(demand, 0); });
}

void bench_plan(benchmark::State& run) {
  const Fixture fixture = a_fixture(run.range(0), tasks_in_state);
  const auto controller = make_scheduler();
  Keys keys;
  controller->start(fixture.state, keys);
  std::int64_t placed = 0;
  for (auto _ : run) {
    const Plan plan = controller->plan(fixture.state, *keys.begin(), Context{testing::t0, 1});
    placed += static_cast<std::int64_t>(plan.actions.size() / 2);
  }
  run.SetItemsProcessed(placed);
}

// Plans, and observes both changes of every placed task, until all tasks have a place.
void bench_cycle(benchmark::State& run) {
  std::int64_t placed = 0;
  for (auto _ : run) {
    run.PauseTiming();
    Fixture fixture = a_fixture(run.range(0), tasks_in_state);
    const auto controller = make_scheduler();
    Keys keys;
    controller->start(fixture.state, keys);
    run.ResumeTiming();
    while (!keys.empty()) {
      const Key key = *keys.begin();
      keys.clear();
      const Plan plan = controller->plan(fixture.state, key, Context{testing::t0, 1});
      std::vector<Change> changes;
      run.PauseTiming();
      for (const auto& action : plan.actions) {
        const auto* update = std::get_if<Update>(&action);
        if (update == nullptr) continue;
        ObjectPtr before = fixture.state.put(update->object);
        changes.push_back(Change{before, update->object});
        changes.push_back(Change{update->object, update->object});
      }
      run.ResumeTiming();
      for (const auto& change : changes) controller->observe(change, fixture.state, keys);
      placed += static_cast<std::int64_t>(changes.size() / 2);
    }
  }
  run.SetItemsProcessed(placed);
}

BENCHMARK(bench_scan)->Arg(100)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kNanosecond);
BENCHMARK(bench_indexed)->Arg(100)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kNanosecond);
BENCHMARK(bench_plan)->Arg(100)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(bench_cycle)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace muster

BENCHMARK_MAIN();
