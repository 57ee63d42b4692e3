// Writes to a State with all its indexes, against what they would cost if index entries held the object itself: then
// every write has to change every entry. Also what the other choice costs readers: a lookup per entry.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "api/base/text.h"
#include "api/state/indexes.h"
#include "api/state/keys.h"
#include "api/state/state.h"
#include "api/types/task.h"

namespace muster {
namespace {

constexpr int tasks = 50'000;
constexpr int batch = 100;

Task a_task(int number) {
  Task task = make<Task>();
  task.metadata.ns = "default";
  task.metadata.name = str("web-", number, "-0-0123abcd");
  task.metadata.uid = str("0123456789abcdef01234567", 10'000'000 + number);
  task.metadata.labels["muster.dev/service"] = str("web-", number % 50);
  task.metadata.labels["muster.dev/task-set"] = str("web-", number % 50, "-0123abcd");
  task.metadata.owner_references.push_back(
      {"muster.dev/v1beta1", "TaskSet", "web-0123abcd", str("uid-of-the-owner-of-", number % 50), true, true});
  task.spec.task_definition = "web:1";
  task.spec.cluster = "default";
  task.spec.group = str("service:web-", number % 50);
  return task;
}

// The five writes of a task's life: created, placed, activating, running, reported healthy.
ObjectPtr in_step(int number, int step) {
  Task task = a_task(number);
  if (step >= 1) {
    task.spec.container_instance = str("instance-", number % 1'000);
    task.status.last_status = LastStatus::pending;
  }
  if (step >= 2) task.status.last_status = LastStatus::activating;
  if (step >= 3) task.status.last_status = LastStatus::running;
  if (step >= 4) task.status.health_status = HealthStatus::healthy;
  return share(std::move(task));
}

// What is measured: entries hold the object's key.
void entries_hold_keys(benchmark::State& bench) {
  for (auto _ : bench) {
    State state;
    State held;
    int edits = 0;
    for (int step = 0; step < 5; ++step) {
      for (int i = 0; i < tasks; ++i) {
        bench.PauseTiming();
        ObjectPtr object =
            in_step(static_cast<int>(std::uint64_t{2'654'435'761} * static_cast<unsigned>(i) % tasks), step);
        bench.ResumeTiming();
        if (edits++ % batch == 0) held = state;
        state.put(std::move(object));
      }
    }
  }
  bench.SetItemsProcessed(bench.iterations() * tasks * 5);
}

// The other choice, for comparison: a tree of entries that point to the object.
void entries_hold_objects(benchmark::State& bench) {
  for (auto _ : bench) {
    ObjectTree objects;
    ObjectTree indexes;
    std::pair<ObjectTree, ObjectTree> held;
    int edits = 0;
    for (int step = 0; step < 5; ++step) {
      for (int i = 0; i < tasks; ++i) {
        bench.PauseTiming();
        const ObjectPtr object =
            in_step(static_cast<int>(std::uint64_t{2'654'435'761} * static_cast<unsigned>(i) % tasks), step);
        bench.ResumeTiming();
        if (edits++ % batch == 0) held = {objects, indexes};
        const std::string key = object_key(*object->kind, object->metadata.ns, object->metadata.name);
        const ObjectPtr before = objects.put(key, object);
        if (before != nullptr) {
          const IndexEntries old(*before, key);
          for (const std::string_view entry : old.sorted()) indexes.erase(entry);
        }
        const IndexEntries entries(*object, key);
        for (const std::string_view entry : entries.sorted()) indexes.put(entry, object);
      }
    }
  }
  bench.SetItemsProcessed(bench.iterations() * tasks * 5);
}
BENCHMARK(entries_hold_keys)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(entries_hold_objects)->Unit(benchmark::kMillisecond)->Iterations(1);

State full_state() {
  State state;
  for (int i = 0; i < tasks; ++i) state.put(in_step(i, 4));
  return state;
}

// The tasks of one service (1,000 of them) and of one instance (50).
void list_by_owner(benchmark::State& bench) {
  const State state = full_state();
  std::mt19937_64 random(1);
  std::int64_t seen = 0;
  for (auto _ : bench)
    seen +=
        static_cast<std::int64_t>(state.list<Task>(Index::owner, str("uid-of-the-owner-of-", random() % 50)).size());
  bench.SetItemsProcessed(seen);
}
BENCHMARK(list_by_owner);

void list_by_instance(benchmark::State& bench) {
  const State state = full_state();
  std::mt19937_64 random(1);
  std::int64_t seen = 0;
  for (auto _ : bench)
    seen += static_cast<std::int64_t>(state.list<Task>(Index::instance, str("instance-", random() % 1'000)).size());
  bench.SetItemsProcessed(seen);
}
BENCHMARK(list_by_instance);

}  // namespace
}  // namespace muster

BENCHMARK_MAIN();
