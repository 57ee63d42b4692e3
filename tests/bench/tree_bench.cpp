// The persistent tree alone: a million entries, one copy of the tree held per 100 edits, as the store's commits do.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "api/state/object_tree.h"

namespace muster {
namespace {

constexpr std::size_t batch = 100;

std::string key_of_number(std::uint64_t number) {
  return "\x07"
         "default" +
         std::string(1, '\0') + "web-" + std::to_string(number % 1'000) + "-" + std::to_string(number);
}

std::vector<std::uint64_t> shuffled(std::size_t count) {
  std::vector<std::uint64_t> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = i;
  std::mt19937_64 random(1);
  for (std::size_t i = count; i > 1; --i) std::swap(numbers[i - 1], numbers[random() % i]);
  return numbers;
}

// Objects as large as a small task (208 bytes and more), so that their counters do not share cache lines.
std::vector<ObjectPtr> objects(std::size_t count) {
  std::vector<ObjectPtr> out;
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) out.push_back(std::make_shared<const Object>());
  return out;
}

void insert(benchmark::State& bench) {
  const auto count = static_cast<std::size_t>(bench.range(0));
  const auto values = objects(count);
  const auto numbers = shuffled(count);
  for (auto _ : bench) {
    ObjectTree tree;
    ObjectTree held;
    for (std::size_t i = 0; i < count; ++i) {
      if (i % batch == 0) held = tree;
      tree.put(key_of_number(numbers[i]), values[i]);
    }
    benchmark::DoNotOptimize(tree.size());
  }
  bench.SetItemsProcessed(bench.iterations() * bench.range(0));
}
BENCHMARK(insert)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void update(benchmark::State& bench) {
  const auto count = static_cast<std::size_t>(bench.range(0));
  const auto values = objects(count);
  ObjectTree tree;
  for (std::size_t i = 0; i < count; ++i) tree.put(key_of_number(i), values[i]);
  // A second thread exists, as in the server: counters are then changed atomically.
  std::thread other([] {});
  std::mt19937_64 random(2);
  ObjectTree held;
  std::size_t edits = 0;
  for (auto _ : bench) {
    if (edits++ % batch == 0) held = tree;
    const std::uint64_t number = random() % count;
    tree.put(key_of_number(number), values[number]);
  }
  bench.SetItemsProcessed(bench.iterations());
  other.join();
}
BENCHMARK(update)->Arg(100'000)->Arg(1'000'000);

void find(benchmark::State& bench) {
  const auto count = static_cast<std::size_t>(bench.range(0));
  const auto values = objects(count);
  ObjectTree tree;
  for (std::size_t i = 0; i < count; ++i) tree.put(key_of_number(i), values[i]);
  std::mt19937_64 random(3);
  for (auto _ : bench) benchmark::DoNotOptimize(tree.find(key_of_number(random() % count)));
  bench.SetItemsProcessed(bench.iterations());
}
BENCHMARK(find)->Arg(100'000)->Arg(1'000'000);

void copy(benchmark::State& bench) {
  ObjectTree tree;
  tree.put("a", std::make_shared<const Object>());
  for (auto _ : bench) {
    const ObjectTree held = tree;  // NOLINT(performance-unnecessary-copy-initialization): the copy is what is measured
    benchmark::DoNotOptimize(held.size());
  }
}
BENCHMARK(copy);

}  // namespace
}  // namespace muster

BENCHMARK_MAIN();
