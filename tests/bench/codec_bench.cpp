// The codec on the write path: text -> tree -> struct, and struct -> text, for an object like a task.
#include <benchmark/benchmark.h>

#include <chrono>

#include "api/schema/decode.h"
#include "api/schema/describe.h"
#include "api/schema/encode.h"
#include "api/schema/json.h"
#include "api/schema/yaml.h"
#include "tests/bench/task_like.h"

namespace {

using muster::bench::TaskLike;

const std::string& text() {
  static const std::string encoded = muster::encode(muster::bench::task_like());
  return encoded;
}

void set_bytes(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text().size()));
  state.counters["bytes"] = static_cast<double>(text().size());
}

void parse(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(muster::parse_json(text()));
  set_bytes(state);
}
BENCHMARK(parse);

void decode(benchmark::State& state) {
  const muster::Node node = *muster::parse_json(text());
  for (auto _ : state) benchmark::DoNotOptimize(muster::decode<TaskLike>(node));
  set_bytes(state);
}
BENCHMARK(decode);

void encode(benchmark::State& state) {
  const TaskLike task = muster::bench::task_like();
  for (auto _ : state) benchmark::DoNotOptimize(muster::encode(task));
  set_bytes(state);
}
BENCHMARK(encode);

void write_tree(benchmark::State& state) {
  const muster::Node node = *muster::parse_json(text());
  for (auto _ : state) benchmark::DoNotOptimize(muster::write_json(node));
  set_bytes(state);
}
BENCHMARK(write_tree);

void parse_yaml(benchmark::State& state) {
  const std::string yaml = muster::write_yaml(*muster::parse_json(text()));
  for (auto _ : state) benchmark::DoNotOptimize(muster::parse_yaml(yaml));
  set_bytes(state);
}
BENCHMARK(parse_yaml);

}  // namespace

BENCHMARK_MAIN();
