// The store's ways to the disk, from the bare file system call up to acknowledged commits. The first numbers are the
// baseline of this machine at this moment: compare ratios, not absolute numbers of different runs.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "api/base/assert.h"
#include "api/base/text.h"
#include "api/types/builtin.h"
#include "runtime/store/store.h"
#include "tests/support/temporary_directory.h"

namespace muster::store {
namespace {

using muster::testing::TemporaryDirectory;

constexpr std::size_t object_size = 1'536;

// What the disk gives: append to a file, make it durable.
void fdatasync_append(benchmark::State& bench) {
  const TemporaryDirectory folder;
  const std::string bytes(static_cast<std::size_t>(bench.range(0)), 'x');
  const int file = ::open((folder / "file").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  MUSTER_ASSERT(file >= 0);
  for (auto _ : bench) {
    MUSTER_ASSERT(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    MUSTER_ASSERT(::fdatasync(file) == 0);
  }
  ::close(file);
  bench.SetItemsProcessed(bench.iterations());
}
BENCHMARK(fdatasync_append)->Arg(4 << 10)->Arg(64 << 10)->Arg(256 << 10)->UseRealTime();

void append(benchmark::State& bench, Log& log) {
  const auto group = static_cast<std::size_t>(bench.range(0));
  const std::string object(object_size, 'x');
  std::vector<std::string> names;
  for (std::size_t i = 0; i < group; ++i) names.push_back(str("web-", i, "-0-0123abcd"));
  std::vector<Row> rows(group);
  std::int64_t revision = 0;
  double slowest = 0;
  for (auto _ : bench) {
    for (std::size_t i = 0; i < group; ++i) {
      Row& row = rows[i];
      row.revision = ++revision;
      row.batch = revision;
      row.kind = "tasks.muster.dev";
      row.ns = "default";
      row.name = names[i];
      row.object = object;
    }
    const Duration begin = system_monotonic();
    MUSTER_ASSERT(log.append(rows, {}).ok());
    slowest = std::max(slowest, std::chrono::duration<double, std::milli>(system_monotonic() - begin).count());
    MUSTER_ASSERT(log.maintain().ok());
  }
  bench.SetItemsProcessed(bench.iterations() * bench.range(0));
  bench.counters["slowest_append_ms"] = slowest;
}

void sqlite_append(benchmark::State& bench) {
  const TemporaryDirectory folder;
  const auto log = open_sqlite_log(folder / "store.db").value();
  append(bench, *log);
}
BENCHMARK(sqlite_append)->Arg(1)->Arg(16)->Arg(100)->Arg(1000)->UseRealTime();

void memory_append(benchmark::State& bench) {
  const auto log = open_memory_log(make_memory_disk());
  append(bench, *log);
}
BENCHMARK(memory_append)->Arg(1)->Arg(100)->UseRealTime();

ObjectPtr a_namespace() {
  auto ns = make<Namespace>();
  ns.metadata.name = "default";
  return share(std::move(ns));
}

ObjectPtr a_lease(std::int64_t number) {
  auto lease = make<Lease>();
  lease.metadata.ns = "default";
  lease.metadata.name = str("lease-", number);
  lease.metadata.annotations["filling"] = std::string(1'200, 'x');
  lease.spec.holder_identity = "holder";
  return share(std::move(lease));
}

// As many writers as the argument says, each with one batch of one object under way.
void commit(benchmark::State& bench) {
  const TemporaryDirectory folder;
  const auto writers = bench.range(0);
  SeededRandom random(1);
  ThreadLoop loop("writer");
  const auto store = Store::open(open_sqlite_log(folder / "store.db").value(), loop, random, {}).value();
  std::mutex mutex;
  std::condition_variable changed;
  std::int64_t under_way = 0;
  const auto hand_in = [&](ObjectPtr object) {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return under_way < writers; });
      ++under_way;
    }
    Batch batch;
    batch.writes.push_back(create(std::move(object)));
    store->commit(std::move(batch), [&](const Result<Committed>& result) {
      MUSTER_ASSERT(result.ok());
      const std::lock_guard lock(mutex);
      if (under_way-- == writers) changed.notify_one();
    });
  };
  const auto wait_for_all = [&] {
    std::unique_lock lock(mutex);
    while (under_way > 0) changed.wait_for(lock, std::chrono::milliseconds(1));
  };
  hand_in(a_namespace());
  wait_for_all();
  std::int64_t number = 0;
  for (auto _ : bench) hand_in(a_lease(++number));
  wait_for_all();
  bench.SetItemsProcessed(bench.iterations());
  const StoreStats stats = store->stats();
  bench.counters["rows_a_group"] = static_cast<double>(stats.rows) / static_cast<double>(stats.groups);
}
BENCHMARK(commit)->Arg(1)->Arg(64)->Arg(1'000)->MeasureProcessCPUTime()->UseRealTime();

void recover(benchmark::State& bench) {
  const auto disk = make_memory_disk();
  SeededRandom random(1);
  const auto objects = bench.range(0);
  {
    ThreadLoop loop("writer");
    const auto store = Store::open(open_memory_log(disk), loop, random, {}).value();
    std::mutex mutex;
    std::condition_variable changed;
    std::int64_t answered = 0;
    const std::int64_t batches = 1 + objects / 500;
    for (std::int64_t b = 0; b < batches; ++b) {
      Batch batch;
      if (b == 0) batch.writes.push_back(create(a_namespace()));
      for (std::int64_t i = 0; b > 0 && i < 500; ++i) batch.writes.push_back(create(a_lease(b * 500 + i)));
      store->commit(std::move(batch), [&](const Result<Committed>& result) {
        MUSTER_ASSERT(result.ok());
        const std::lock_guard lock(mutex);
        ++answered;
        changed.notify_one();
      });
    }
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return answered == batches; });
  }
  for (auto _ : bench) {
    ThreadLoop loop("writer");
    const auto store = Store::open(open_memory_log(disk), loop, random, {}).value();
    benchmark::DoNotOptimize(store->state().size());
  }
  bench.SetItemsProcessed(bench.iterations() * objects);
}
BENCHMARK(recover)->Arg(100'000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace muster::store

BENCHMARK_MAIN();
